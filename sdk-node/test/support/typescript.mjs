// TypeScript 5.9, the last version that has an interface for programs, on files that exist in memory alone.

import { join } from 'node:path';

import ts from 'typescript5';

const root = join(import.meta.dirname, '../..');
const options = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  noEmit: true,
  strict: true,
  target: ts.ScriptTarget.ES2022,
  typeRoots: [join(root, 'node_modules/@types')],
  types: ['node'],
};

/** A language service, as editors have it, for modules of an application: `{ name: text }`. */
export function serviceOf(modules) {
  const texts = new Map(Object.entries(modules).map(([name, text]) => [join(root, name), text]));
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => [...texts.keys()],
    getScriptSnapshot: (file) => {
      const text = texts.get(file) ?? ts.sys.readFile(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getScriptVersion: () => '1',
    fileExists: (file) => texts.has(file) || ts.sys.fileExists(file),
    readFile: (file) => texts.get(file) ?? ts.sys.readFile(file),
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    realpath: ts.sys.realpath,
  });
  return {
    /** What the compiler says of a module. */
    problems: (name) =>
      [...service.getSyntacticDiagnostics(join(root, name)), ...service.getSemanticDiagnostics(join(root, name))].map(
        ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
      ),
    /** What an editor suggests at a position of a module. */
    completions: (name, position) =>
      (service.getCompletionsAtPosition(join(root, name), position, {})?.entries ?? []).map((entry) => entry.name),
  };
}

/** A module without its types, which Node can run. */
export function withoutTypes(text) {
  const compilerOptions = { target: options.target, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}
