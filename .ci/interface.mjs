// Prints the public names of the Node package as JSON, from its declarations: `interface.mjs DECLARATIONS`. Each export has
// the public members of its instances and of itself, as far as the package declares them.
//
// TypeScript 7 has no interface for programs yet; this is the last version that has one.

import path from 'node:path';
import ts from 'typescript';

const entry = path.resolve(process.argv[2]);
const program = ts.createProgram([entry], { strict: true, target: ts.ScriptTarget.ES2022, types: [] });
const checker = program.getTypeChecker();
const source = program.getSourceFile(entry);
if (source === undefined) throw new Error(`there are no declarations at ${entry}: run \`make node\``);

const resolved = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);

const isPublic = (symbol) =>
  !/^(__|#)/.test(symbol.name) &&
  symbol.name !== 'prototype' &&
  (symbol.declarations ?? []).some(
    (declaration) =>
      declaration.getSourceFile().fileName.startsWith(path.dirname(entry)) &&
      !(ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)),
  );

const members = (type) =>
  (type.isUnion() ? type.types : [type])
    .flatMap((one) => checker.getPropertiesOfType(one))
    .filter(isPublic)
    .map((symbol) => symbol.name);

const names = {};
for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(source))) {
  const symbol = resolved(exported);
  const types = [];
  if (symbol.flags & ts.SymbolFlags.Type) types.push(checker.getDeclaredTypeOfSymbol(symbol));
  if (symbol.flags & ts.SymbolFlags.Class) types.push(checker.getTypeOfSymbol(symbol));
  names[exported.name] = [...new Set(types.flatMap(members))].sort();
}
console.log(JSON.stringify(names));
