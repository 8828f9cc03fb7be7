// Reads two generated clients with the compiler and prints, as JSON, what each operation is called, where it goes and which
// properties it takes; and which of the first client's calls the second one's types refuse.
// Usage: node operations.mjs NODE_MODULES THEIR_FOLDER OUR_FOLDER
import { createRequire } from "node:module";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [modules, theirs, ours] = process.argv.slice(2);
const ts = createRequire(join(modules, "_"))("typescript");
const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
};

const file = (folder, name) => [".gen.d.ts", ".gen.ts"].map((end) => join(folder, name + end)).find(existsSync);
const clients = { theirs: read(theirs), ours: read(ours) };
console.log(JSON.stringify({ ...clients, refused: refused(Object.keys(clients.theirs)) }));

function read(folder) {
  const calls = addresses(folder);
  const path = file(folder, "types");
  const program = ts.createProgram([path], options);
  const checker = program.getTypeChecker();
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path)));
  const types = new Map(exported.map((symbol) => [symbol.name, checker.getDeclaredTypeOfSymbol(symbol)]));
  for (const [name, call] of Object.entries(calls)) {
    const data = types.get(name[0].toUpperCase() + name.slice(1) + "Data");
    for (const part of ["path", "query", "body"]) call[part] = properties(checker, member(checker, data, part));
  }
  return calls;
}

// What each function of the client asks: from the compiled code where there is some, otherwise from the source.
function addresses(folder) {
  const compiled = join(folder, "sdk.gen.js");
  const path = existsSync(compiled) ? compiled : join(folder, "sdk.gen.ts");
  const source = ts.createSourceFile(path, ts.sys.readFile(path), ts.ScriptTarget.ES2022, true);
  const found = {};
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const [{ name, initializer }] = statement.declarationList.declarations;
    if (!initializer || !ts.isArrowFunction(initializer) || !ts.isCallExpression(initializer.body)) continue;
    const { expression, arguments: given } = initializer.body;
    const url = given[0].properties.find((each) => each.name?.text === "url").initializer.text;
    found[name.text] = { method: expression.name.text, url };
  }
  return found;
}

function member(checker, type, name) {
  const symbol = type?.getProperty(name);
  if (!symbol) return undefined;
  const found = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
  return found.flags & ts.TypeFlags.Never ? undefined : found;
}

// Names of an object's properties, or those of a list's elements; an optional one ends with a question mark.
function properties(checker, type) {
  if (!type) return [];
  if (checker.isTupleType(type)) return [`tuple of ${checker.getTypeArguments(type).length}`];
  if (checker.isArrayType(type)) return ["[]", ...properties(checker, checker.getTypeArguments(type)[0])];
  return checker
    .getPropertiesOfType(type)
    .flatMap((symbol) => {
      const inner = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
      const elements = checker.isArrayType(inner) ? checker.getTypeArguments(inner)[0] : undefined;
      const deep = elements && elements.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection) ? elements : undefined;
      const name = symbol.name + (symbol.flags & ts.SymbolFlags.Optional ? "?" : "");
      return [name, ...(deep ? properties(checker, deep).map((each) => `${symbol.name}[].${each}`) : [])];
    })
    .sort();
}

// Official types leave out bodies that cannot be left out; what is compared is what a body may hold.
function refused(names) {
  const probe = join(ours, "probe.ts");
  const lines = names.map((name) => {
    const type = name[0].toUpperCase() + name.slice(1) + "Data";
    return `export const ${name} = (sent: Sent<Theirs.${type}>): Sent<Ours.${type}> => sent;`;
  });
  const imports = [
    "type Sent<T> = Omit<T, 'headers' | 'body'> & (T extends { body?: infer B } ? { body: NonNullable<B> } : unknown);",
    `import type * as Theirs from ${JSON.stringify(join(theirs, "types.gen"))};`,
    `import type * as Ours from ${JSON.stringify(join(ours, "types.gen"))};`,
  ];
  writeFileSync(probe, [...imports, ...lines].join("\n"));
  const program = ts.createProgram([probe], options);
  const source = program.getSourceFile(probe);
  return Object.fromEntries(
    ts.getPreEmitDiagnostics(program, source).map((each) => {
      const line = source.getLineAndCharacterOfPosition(each.start).line - imports.length;
      return [names[line] ?? `line ${line}`, ts.flattenDiagnosticMessageText(each.messageText, " ")];
    }),
  );
}
