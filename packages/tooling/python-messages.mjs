/**
 * Writes the protocol's JSON Schemas as Python's types: a TypedDict for each noun, parameters and result.
 *
 * It knows the part of JSON Schema that our zod schemas come to, and throws at anything else.
 */
const WIDTH = 110;
const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);
const HEADER = `"""What kernel and evaluator say to each other, as types. Generated from packages/protocol; do not edit.

\`packages/tooling/schemas.mjs\` writes this module, and a unit test compares it. Arrays are sequences and
records mappings, since what was sent is not changed. Names in Json are those of the protocol's nouns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypeAlias, TypedDict

Json: TypeAlias = "str | float | bool | Sequence[Json] | Mapping[str, Json] | None"`;

/**
 * The module's text. \`methods\` has the schemas of each method's parameters and result, in which nouns are references
 * to \`$defs\` or carry their \`id\`; \`progress\` that of a report on the way, \`frames\`
 * those of what each side sends.
 */
export function pythonMessages({ methods, progress, frames }) {
  const module = new Module();
  for (const [name, { params, result }] of Object.entries(methods)) {
    module.root(`${pascal(name)}Params`, params, `Parameters of the method \`${name}\`.`);
    module.root(`${pascal(name)}Result`, result, `Result of the method \`${name}\`.`);
  }
  module.root(
    'EvaluatorProgress',
    progress,
    'Progress of a running request; fields not reported are absent.',
  );
  module.root('KernelFrame', frames.kernel, 'What the kernel sends.');
  module.root('EvaluatorFrame', frames.evaluator, 'What the evaluator sends.');
  return `${[HEADER, ...module.parts].join('\n\n\n')}\n`;
}

/** Definitions in the order in which Python needs them: a type stands behind those that it is made of. */
class Module {
  parts = [];
  /** Name to the JSON of its schema: one name is one schema. */
  defined = new Map();
  definitions = {};

  root(name, schema, doc) {
    this.definitions = schema.$defs ?? {};
    if (schema.id !== undefined && schema.id !== name)
      this.parts.push(`${name} = ${this.noun(schema.id, schema)}`);
    else this.define(name, schema, doc);
  }

  /** A noun's type ends in `Json`: the name without it is that of the class that Python may have for the thing. */
  noun(id, schema) {
    return this.define(
      `${id}Json`,
      schema,
      `The noun \`${id[0].toLowerCase()}${id.slice(1)}\` of the protocol.`,
    );
  }

  define(name, schema, doc) {
    const { $schema: _, $defs: __, id: ___, ...own } = schema;
    const text = JSON.stringify(own);
    const before = this.defined.get(name);
    if (before === undefined) {
      this.defined.set(name, text);
      this.parts.push(this.definition(name, own, doc));
    } else if (before !== text) throw new Error(`two schemas are called ${name}`);
    return name;
  }

  definition(name, schema, doc) {
    if (schema.type !== 'object' || schema.properties === undefined)
      return wrapped(`${name}: TypeAlias = `, this.type(schema, name));
    const required = new Set(schema.required ?? []);
    const fields = Object.entries(schema.properties).map(([key, value]) => {
      const type = this.type(value, `${name}${pascal(key)}`);
      return [key, required.has(key) ? type : `NotRequired[${type}]`];
    });
    if (fields.some(([key]) => KEYWORDS.has(key))) {
      const lines = fields.map(([key, type]) => `        ${JSON.stringify(key)}: ${type},\n`);
      return `# ${doc}\n${name} = TypedDict(\n    "${name}",\n    {\n${lines.join('')}    },\n)`;
    }
    const lines = fields.map(([key, type]) => `\n${wrapped(`    ${key}: `, type)}`);
    return `class ${name}(TypedDict):\n    """${doc}"""${lines.length > 0 ? `\n${lines.join('')}` : ''}`;
  }

  type(schema, name) {
    if (schema.$ref !== undefined) {
      const target = schema.$ref.replace('#/$defs/', '');
      return target.startsWith('__schema') ? 'Json' : this.noun(target, this.definitions[target]);
    }
    if (schema.const !== undefined) return `Literal[${python(schema.const)}]`;
    if (schema.enum !== undefined) return `Literal[${schema.enum.map(python).join(', ')}]`;
    if (schema.anyOf !== undefined)
      return [...new Set(schema.anyOf.map((each) => this.type(each, name)))].join(' | ');
    if (Array.isArray(schema.type))
      return schema.type.map((type) => this.type({ ...schema, type }, name)).join(' | ');
    switch (schema.type) {
      case 'string':
        return 'str';
      case 'number':
        return 'float';
      case 'integer':
        return 'int';
      case 'boolean':
        return 'bool';
      case 'null':
        return 'None';
      case 'array':
        return `Sequence[${this.items(schema, name)}]`;
      case 'object':
        if (schema.properties !== undefined)
          return this.define(name, schema, 'A part of the message that its name begins with.');
        if (schema.additionalProperties)
          return `Mapping[str, ${this.type(schema.additionalProperties, `${name}Value`)}]`;
    }
    throw new Error(`no Python type is known for ${JSON.stringify(schema)}`);
  }

  items({ items, prefixItems }, name) {
    const each = prefixItems ?? [items];
    return [...new Set(each.map((item) => this.type(item, `${name}Item`)))].join(' | ');
  }
}

const python = (value) =>
  value === true ? 'True' : value === false ? 'False' : value === null ? 'None' : JSON.stringify(value);

const pascal = (name) =>
  name
    .split('.')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');

/** As ruff formats it: a list of literals that does not fit has a line for each. */
function wrapped(start, type) {
  if ((start + type).length <= WIDTH) return start + type;
  const found = /^(.*?)Literal\[(.*)\](.*)$/.exec(type);
  if (found === null) throw new Error(`a line is too long: ${start}${type}`);
  const [, before, values, after] = found;
  const indent = ' '.repeat(start.length - start.trimStart().length);
  const lines = values.split(', ').map((value) => `${indent}    ${value},\n`);
  return `${start}${before}Literal[\n${lines.join('')}${indent}]${after}`;
}
