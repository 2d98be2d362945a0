#!/usr/bin/env node
// Prints the circles of modules in the given crates: files that import each other, directly or through others.
//
//   node scripts/module-circles.mjs server/sim/src server/src     # prints circles; exit code 0
//   node scripts/module-circles.mjs --most 0 server/src           # exit code 1 if more than 0 files are in circles
//   node scripts/module-circles.mjs --arrows server/src           # also which names tie a circle together
//   node scripts/module-circles.mjs --layers 'a b;c;d' server/src # exit code 1 if an import goes up or sideways
//
// Layers are lists of top-level modules, the lowest first. A module imports only from layers before
// its own. --never 'd a' forbids d to import a, which the layers would allow.
//
// A re-exported name counts for the file that defines it. A module and its own submodules are one unit: imports
// between them do not count. Tests do not count.
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
  console.error("usage: module-circles.mjs [--most FILES] [--arrows] [--layers L [--never N]...] SRC_DIR...");
  process.exit(2);
}

const missing = roots.filter((root) => !existsSync(join(root, "lib.rs")));
if (missing.length > 0) {
  console.error(`no lib.rs in ${missing.join(" ")}: name the src directories of crates`);
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
    console.error(`${root}: ${files} files are in circles of modules, at most ${options.most} may be.`);
    console.error(`  Show what ties them together: node scripts/module-circles.mjs --arrows ${root}`);
    failed = true;
  }
  for (const fault of options.layers.length > 0 ? faultsOf(arrows) : []) {
    console.error(`${root}: ${fault}`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);

/** What is wrong with the layers: imports that go up or sideways, and modules that have no layer or are not there. */
function faultsOf(arrows) {
  const top = (module) => module.split("::")[0];
  const present = new Set([...arrows.keys()].map(top).filter(Boolean));
  const layer = new Map(options.layers.flatMap((names, at) => names.map((name) => [name, at])));
  const listed = [...layer.keys(), ...options.never.flat()];
  const faults = listed.filter((name) => !present.has(name)).map((name) => `${name} is listed, and not there`);
  for (const name of present) {
    if (!layer.has(name)) faults.push(`${name} is in no layer`);
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

/** All modules of a crate by path ("a::b"; "" is lib.rs), each with its code and the names it imports. */
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

/** Code without comments, texts and tests. */
function strip(text) {
  // In one pass, for a text can hold what looks like a comment and the other way round.
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

/** The imports of a file: visible name and full path. */
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

/** `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`. */
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

/** For each module: the modules that it imports, with the names. */
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

/** The module that defines what a path names. `undefined` for paths out of the crate. */
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
  // What a module imports for itself is visible in the modules within it as well.
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

/** Whether one module lies within the other. The root lies above all, and nothing else defines names there. */
function related(one, other) {
  return one.startsWith(`${other}::`) || other.startsWith(`${one}::`) || one === "" || other === "";
}

/** Strongly connected components of more than one module (Tarjan). */
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
