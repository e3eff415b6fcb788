/** Arguments of checked commands: the language has read them, their kinds are those of its command table. */
import type { Argument, Command } from '@policybook/language';

type ArgumentKind = Argument['kind'];
type OfKind<K extends ArgumentKind, A extends Argument = Argument> = A extends Argument
  ? K extends A['kind']
    ? A
    : never
  : never;

/** Gives an argument that the command table requires; one that is missing is a defect of the table. */
export function requireArgument<K extends ArgumentKind>(command: Command, name: string, kind: K): OfKind<K> {
  const argument = findArgument(command, name, kind);
  if (argument === undefined) throw new Error(`%${command.name} without its ${name}`);
  return argument;
}

/** Finds an argument that may be left out; `undefined` where it was. */
export function findArgument<K extends ArgumentKind>(
  command: Command,
  name: string,
  kind: K,
): OfKind<K> | undefined {
  const argument = command.arguments[name];
  return argument !== undefined && isOfKind(argument, kind) ? argument : undefined;
}

function isOfKind<K extends ArgumentKind>(argument: Argument, kind: K): argument is OfKind<K> {
  return argument.kind === kind;
}
