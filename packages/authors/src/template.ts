/** Prompts with `{{name}}` places. */

/** Fills every place; a place without a value is a mistake in the prompt, not of the run. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.trim().replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new Error(`the prompt has a place {{${name}}} that nothing fills`);
    return value;
  });
}
