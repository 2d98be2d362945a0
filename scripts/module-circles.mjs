#!/usr/bin/env node
// Finds circles of modules in crates: files that import each other, directly or through other
// files. Also checks that modules import only from lower layers.
//
//   scripts/module-circles.mjs server/sim/src server/src      # prints circles; exit code 0
//   scripts/module-circles.mjs --most 0 server/src            # exit code 1: more than 0 files in circles
//   scripts/module-circles.mjs --arrows server/src            # also prints the imported names of circles
//   scripts/module-circles.mjs --layers 'a b;c;d' server/src  # exit code 1: an import from the same or
//                                                             # a higher layer
//
// Layers are lists of top-level modules, the lowest first. A module may import only from layers
// below its own. --never 'd a' also forbids d to import a.
//
// An import of a re-exported name counts as an import from the file that defines it. Imports
// between a module and its own submodules do not count. Imports of tests do not count.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

const options = { most: Infinity, arrows: false, layers: [], never: [] };
const words = (text) => text.split(/\s+/).filter(Boolean);
const roots = [];
for (let args = process.argv.slice(2); args.length > 0; ) {
  const arg = args.shift();
  if (arg === "--most") options.most = Number(args.shift());
  else if (arg === "--arrows") options.arrows = true;
  else if (arg === "--layers") options.layers = (args.shift() ?? "").split(";").map(words);
  else if (arg === "--never") options.never.push(words(args.shift() ?? ""));
  else roots.push(arg);
}
if (roots.length === 0 || Number.isNaN(options.most)) {
  console.error("usage: module-circles.mjs [--most FILES] [--arrows] [--layers LAYERS [--never 'FROM TO']...] SRC_DIR...");
  process.exit(2);
}

const missing = roots.filter((root) => !existsSync(join(root, "lib.rs")));
if (missing.length > 0) {
  console.error(`there is no lib.rs in ${missing.join(" ")}: pass the src directories of crates`);
  process.exit(2);
}

let failed = false;
for (const root of roots) {
  const modules = read(root);
  const arrows = arrowsOf(modules);
  const circles = circlesOf([...modules.keys()], arrows);
  const files = circles.reduce((sum, circle) => sum + circle.length, 0);
  const arrowCount = [...arrows.values()].reduce((sum, to) => sum + to.size, 0);
  console.log(`${root}: ${modules.size} modules, ${arrowCount} arrows, ${files} files in ${circles.length} circles`);
  for (const circle of circles) {
    console.log(`  ${circle.map((name) => name || "(root)").sort().join(" ")}`);
    if (!options.arrows) continue;
    const inside = new Set(circle);
    for (const from of circle) {
      for (const [to, names] of arrows.get(from)) {
        if (inside.has(to)) console.log(`    ${from} -> ${to}: ${[...names].join(", ")}`);
      }
    }
  }
  if (files > options.most) {
    console.error(`${root}: ${files} files are in circles of modules; at most ${options.most} are allowed.`);
    console.error(`  To see the imports: node scripts/module-circles.mjs --arrows ${root}`);
    failed = true;
  }
  for (const fault of options.layers.length > 0 ? faultsOf(arrows) : []) {
    console.error(`${root}: ${fault}`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);

/** Violations of the layers: imports from the same or a higher layer, modules without a layer, and unknown modules. */
function faultsOf(arrows) {
  const top = (module) => module.split("::")[0];
  const present = new Set([...arrows.keys()].map(top).filter(Boolean));
  const layer = new Map(options.layers.flatMap((names, at) => names.map((name) => [name, at])));
  const listed = [...layer.keys(), ...options.never.flat()];
  const faults = listed.filter((name) => !present.has(name)).map((name) => `${name} is in the layers but does not exist`);
  for (const name of present) {
    if (!layer.has(name)) faults.push(`${name} is not in a layer`);
  }
  for (const [from, targets] of arrows) {
    for (const [to, names] of targets) {
      const [low, high] = [layer.get(top(to)), layer.get(top(from))];
      const never = options.never.some(([one, other]) => one === top(from) && other === top(to));
      if (top(from) === top(to) || !(never || low >= high)) continue;
      const why = never ? "must never import" : low === high ? "imports sideways from" : "imports upwards from";
      faults.push(`${from} ${why} ${to}: ${[...names].join(", ")}`);
    }
  }
  return faults;
}

/** Reads all modules of a crate, by path ("a::b"; "" is lib.rs), each with its code and its imports. */
function read(root) {
  const modules = new Map();
  for (const file of readdirSync(root, { recursive: true })) {
    const path = relative(root, join(root, String(file)));
    if (!path.endsWith(".rs") || path.startsWith("bin/") || /(^|\/)(main|tests)\.rs$/.test(path)) continue;
    const name = path === "lib.rs" ? "" : path.replace(/\.rs$/, "").replaceAll("/", "::");
    const code = strip(readFileSync(join(root, path), "utf8"));
    modules.set(name, { code: code.replace(/^\s*(pub(\([^)]*\))?\s+)?use\s[^;]*;/gm, ""), uses: usesIn(code) });
  }
  return modules;
}

/** Returns the code without comments, string literals and tests. */
function strip(text) {
  // In one pass, because a string can contain the start of a comment, and a comment the start of a
  // string.
  const bare = text.replace(
    /\/\/.*|\/\*[\s\S]*?\*\/|\br(#*)"[\s\S]*?"\1|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[^\n']+|\\'|[^'\\\n])'/g,
    (found) => (found.startsWith("/") ? "" : '""'),
  );
  return withoutTests(bare);
}

function withoutTests(code) {
  const begin = /#\[cfg\(test\)\]\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*([;{])/;
  for (let found; (found = begin.exec(code)); ) {
    let end = found.index + found[0].length;
    for (let depth = found[1] === "{" ? 1 : 0; depth > 0 && end < code.length; end += 1) {
      if (code[end] === "{") depth += 1;
      if (code[end] === "}") depth -= 1;
    }
    code = code.slice(0, found.index) + code.slice(end);
  }
  return code;
}

/** Returns the imports of a file: visible name and full path. */
function usesIn(code) {
  const uses = [];
  for (const [, visibility, tree] of code.matchAll(/^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]*);/gm)) {
    for (const path of flatten(tree.replace(/\s+/g, " ").trim())) {
      const [full, alias] = path.split(/\sas\s/);
      const parts = full.split("::").map((part) => part.trim());
      if (parts.at(-1) === "self") parts.pop();
      uses.push({ name: alias?.trim() ?? parts.at(-1), parts, exported: Boolean(visibility) });
    }
  }
  return uses;
}

/** Expands `a::{b, c::{d, e}}` to `a::b`, `a::c::d`, `a::c::e`. */
function flatten(tree) {
  const open = tree.indexOf("{");
  if (open < 0) return [tree];
  const prefix = tree.slice(0, open);
  const inner = tree.slice(open + 1, tree.lastIndexOf("}"));
  const items = [];
  let depth = 0;
  let item = "";
  for (const char of inner) {
    if (char === "{") depth += 1;
    if (char === "}") depth -= 1;
    if (char === "," && depth === 0) {
      items.push(item);
      item = "";
    } else item += char;
  }
  items.push(item);
  return items.map((each) => each.trim()).filter(Boolean).flatMap((each) => flatten(prefix.trim() + each));
}

/** Returns for each module the modules that it imports, with the names. */
function arrowsOf(modules) {
  const arrows = new Map();
  for (const [from, { code, uses }] of modules) {
    const found = new Map();
    const add = (parts) => {
      const target = resolve(modules, from, parts, new Set());
      if (target === undefined || target.module === from || related(from, target.module)) return;
      if (!found.has(target.module)) found.set(target.module, new Set());
      found.get(target.module).add(target.name);
    };
    const importedModules = new Map();
    for (const { name, parts, exported } of uses) {
      const target = resolve(modules, from, parts, new Set());
      if (target?.isModule) importedModules.set(name, target.module);
      else if (!exported) add(parts);
    }
    for (const [path] of code.matchAll(/\b(?:crate|super|self)(?:::\w+)+/g)) add(path.split("::"));
    for (const [path, first] of code.matchAll(/(?<![\w:])([a-z_]\w*)(?:::\w+)+/g)) {
      const rest = path.split("::").slice(1);
      if (importedModules.has(first)) add(["crate", ...importedModules.get(first).split("::"), ...rest]);
      else if (modules.has(within(from, first))) add(["self", first, ...rest]);
    }
    arrows.set(from, found);
  }
  return arrows;
}

/** Returns the module that defines the item of a path, or `undefined` if it is outside of the crate. */
function resolve(modules, from, parts, seen) {
  let module = from;
  let rest = [...parts];
  if (rest[0] === "crate") [module, rest] = ["", rest.slice(1)];
  else if (rest[0] === "self") rest = rest.slice(1);
  else if (rest[0] === "super") {
    while (rest[0] === "super") {
      module = module.split("::").slice(0, -1).join("::");
      rest = rest.slice(1);
    }
  } else if (!modules.has(within(from, rest[0]))) return undefined;
  while (rest.length > 0 && modules.has(within(module, rest[0]))) {
    module = within(module, rest[0]);
    rest = rest.slice(1);
  }
  if (rest.length === 0) return { module, name: "(module)", isModule: true };
  const key = `${module} ${rest[0]}`;
  // Private imports of a module are also visible in its submodules.
  const inside = module === "" || from.startsWith(`${module}::`);
  const reexport = modules.get(module)?.uses.find(({ name, exported }) => (exported || inside) && name === rest[0]);
  if (reexport && !seen.has(key)) {
    const target = resolve(modules, module, [...reexport.parts, ...rest.slice(1)], seen.add(key));
    if (target !== undefined) return target;
  }
  return { module, name: rest[0] };
}

function within(module, name) {
  return module === "" ? name : `${module}::${name}`;
}

/** Whether one module contains the other. The root contains all modules. */
function related(one, other) {
  return one.startsWith(`${other}::`) || other.startsWith(`${one}::`) || one === "" || other === "";
}

/** Returns the strongly connected components of more than one module (Tarjan's algorithm). */
function circlesOf(names, arrows) {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const onStack = new Set();
  const circles = [];
  const visit = (name) => {
    index.set(name, index.size);
    low.set(name, index.get(name));
    stack.push(name);
    onStack.add(name);
    for (const to of arrows.get(name).keys()) {
      if (!index.has(to)) {
        visit(to);
        low.set(name, Math.min(low.get(name), low.get(to)));
      } else if (onStack.has(to)) low.set(name, Math.min(low.get(name), index.get(to)));
    }
    if (low.get(name) !== index.get(name)) return;
    const circle = [];
    let last;
    do {
      last = stack.pop();
      onStack.delete(last);
      circle.push(last);
    } while (last !== name);
    if (circle.length > 1) circles.push(circle);
  };
  for (const name of names) if (!index.has(name)) visit(name);
  return circles;
}
