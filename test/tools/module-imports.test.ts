import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskSource } from './mask-source.ts'
import { moduleImports } from './module-imports.ts'

/** Each source, and the kinds and specifiers that must be read from it. */
const CASES: readonly (readonly [text: string, expected: readonly string[]])[] = [
  ["import { a } from './a.ts'", ['import ./a.ts']],
  ["import{a}from'./a.ts'", ['import ./a.ts']],
  ["import a, * as b from './a.ts'", ['import ./a.ts']],
  ["import type { A } from './a.ts'", ['import ./a.ts']],
  ["import {\n  type A,\n  b as c,\n} from './a.ts'", ['import ./a.ts']],
  ["import './a.ts'", ['side-effect ./a.ts']],
  ["export { a } from './a.ts'", ['re-export ./a.ts']],
  ["export * from './a.ts'", ['re-export ./a.ts']],
  ["export type { A } from './a.ts'", ['re-export ./a.ts']],
  ["const a = await import('./a.ts')", ['dynamic ./a.ts']],
  ["let a: import('./a.ts').A", ['dynamic ./a.ts']],
  ['await import(name)', ['dynamic undefined']],
  ["const a = require('a')", ['require a']],
  ["// import { a } from './a.ts'", []],
  ['const a = "import { a } from \'./a.ts\'"', []],
  ["const b = `import './a.ts'`", []],
  ["export interface A { from: 'b' }\nexport const c = { from: 'd' }", []],
  ["import.meta.dirname\nexport const from = 'a'", []],
  ["import { a } from './a.ts'\nimport { b } from './b.ts'\n", ['import ./a.ts', 'import ./b.ts']],
]

for (const [text, expected] of CASES) {
  test(`imports read from ${JSON.stringify(text)}`, () => {
    const imports = moduleImports(text, maskSource(text))
    assert.deepEqual(
      imports.map(({ kind, specifier }) => `${kind} ${specifier}`),
      expected,
    )
  })
}

test('an import carries its line', () => {
  const text = "\n\nimport { a } from './a.ts'"
  assert.equal(moduleImports(text, maskSource(text))[0]?.line, 3)
})

test('an import of types alone is told from one that loads', () => {
  const typesOnly = (text: string): boolean | undefined => moduleImports(text, maskSource(text))[0]?.typesOnly
  assert.equal(typesOnly("import type { A } from './a.ts'"), true)
  assert.equal(typesOnly("import { type A, type B, } from './a.ts'"), true)
  assert.equal(typesOnly("import { type A, b } from './a.ts'"), false)
  assert.equal(typesOnly("import { typed } from './a.ts'"), false)
  assert.equal(typesOnly("import './a.ts'"), false)
})
