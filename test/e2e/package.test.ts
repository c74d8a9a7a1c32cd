// What is published works by itself: packed as npm packs it, unpacked where there are no node_modules.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the package', () => {
  let folder: string
  let home: string
  let sbx: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sbx-package-'))
    // The end-to-end set-up has built dist/ already.
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: root,
    })
    const [{ filename }] = JSON.parse(packed.toString())
    execFileSync('tar', ['-xzf', filename], { cwd: folder })
    sbx = join(folder, 'package/dist/sbx.cjs')
    // What this user has configured is nothing of the package's.
    home = mkdtempSync(join(tmpdir(), 'sbx-package-home-'))
  })
  afterAll(() => {
    for (const each of [folder, home]) rmSync(each, { recursive: true })
  })

  /** Runs the unpacked command line; gives its output and every module that it asked for. */
  function run(args: readonly string[]): { output: string; modules: string[] } {
    const recorder = join(folder, 'recorder.cjs')
    writeFileSync(
      recorder,
      `const Module = require('node:module'), { appendFileSync } = require('node:fs'), load = Module._load
       Module._load = function (name) { appendFileSync(process.env.RECORD, name + '\\n'); return load.apply(this, arguments) }`,
    )
    const record = join(folder, 'record.txt')
    writeFileSync(record, '')
    const env = { ...process.env, HOME: home, RECORD: record, NODE_PATH: '' }
    const output = execFileSync(process.execPath, ['--require', recorder, sbx, ...args], { cwd: folder, env })
    return { output: output.toString(), modules: readFileSync(record, 'utf8').trim().split('\n') }
  }

  /** To be loaded before sbx: prints at the end whether V8 took the compiled code, and `undefined` where there was none. */
  function telling(): string {
    const file = join(folder, 'telling.cjs')
    writeFileSync(
      file,
      `const vm = require('node:vm')
       vm.Script = class extends vm.Script {
         constructor(...args) { super(...args); process.on('exit', () => console.log(this.cachedDataRejected)) }
       }`,
    )
    return file
  }

  it('runs as a command', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(execFileSync(sbx, ['--version'], { cwd: folder }).toString().trim()).toBe(version)
  })

  it('brings its schema', () => {
    expect(run(['schema']).output).toBe(readFileSync(join(root, 'schema/sandbox.schema.json'), 'utf8'))
  })

  it('brings its templates, and loads nothing from outside', () => {
    // Of a limited network the image of the proxy is one, too.
    writeFileSync(join(folder, 'sandbox.yaml'), 'version: 1\nagent: shell\nnetwork: { allow: [] }\n')
    const { modules } = run(['plan', '--json'])
    expect(modules.filter((name) => !isBuiltIn(name))).toEqual([sbx])
  })

  it('starts no engine client for a command that needs no engine', () => {
    writeFileSync(join(folder, 'sandbox.yaml'), 'version: 1\nagent: shell\n')
    const { modules } = run(['validate'])
    expect(modules.filter((name) => /^(node:)?https?$/.test(name))).toEqual([])
  })

  it('prints no request to the engine, whatever the environment says', () => {
    const bundle = readFileSync(join(folder, 'package/dist/main.cjs'), 'utf8')
    expect(bundle.match(/node_modules\/(debug|supports-color)\//g)).toBeNull()
  })

  it('has nothing in it of what sbx never calls: ssh2, gRPC, loaders that run code from a repository', () => {
    const bundle = readFileSync(join(folder, 'package/dist/main.cjs'), 'utf8')
    expect(bundle).toContain('node_modules/dockerode/')
    expect(bundle.match(/node_modules\/(ssh2|@grpc|protobufjs|typescript|import-fresh|js-yaml)\//g)).toBeNull()
  })

  it('brings compiled code that this Node takes', () => {
    expect(execFileSync(process.execPath, ['--require', telling(), sbx, 'schema']).toString()).toMatch(/^false$/m)
  })

  it('runs without the compiled code, too', () => {
    const dist = join(folder, 'package/dist')
    const compiled = readdirSync(dist).filter((name) => name.endsWith('.cache'))
    expect(compiled).toHaveLength(1)
    for (const name of compiled) renameSync(join(dist, name), join(dist, 'main-another-version.cache'))
    expect(run(['schema']).output).toBe(readFileSync(join(root, 'schema/sandbox.schema.json'), 'utf8'))
  })

  // The package has no compiled code any more.
  it('keeps the code that another Node compiles where nobody else can write, and takes it from there', () => {
    // Not in the workspace: nothing is given away that sbx itself believes in.
    const caches = mkdtempSync(join(tmpdir(), 'sbx-caches-'))
    try {
      const call = ['--require', telling(), sbx, 'plan', '--json']
      const env = { ...process.env, HOME: home, XDG_CACHE_HOME: caches }
      const lastLine = () =>
        execFileSync(process.execPath, call, { cwd: folder, env }).toString().trimEnd().split('\n').pop()
      expect(lastLine()).toBe('undefined')
      expect(lastLine()).toBe('false')

      const code = join(caches, 'sbx/code')
      expect(statSync(code).mode & 0o777).toBe(0o700)
      expect(readdirSync(code).map((name) => statSync(join(code, name)).mode & 0o777)).toEqual([0o600])
    } finally {
      rmSync(caches, { recursive: true })
    }
  })

  it('takes no compiled code from a folder of the project, whatever HOME says', () => {
    const project = mkdtempSync(join(tmpdir(), 'sbx-planted-'))
    try {
      mkdirSync(join(project, '.cache/sbx'), { recursive: true })
      writeFileSync(join(project, '.cache/sbx/code'), 'planted')
      for (const HOME of ['', '.']) {
        const env = { ...process.env, HOME, XDG_CACHE_HOME: '.cache' }
        const ran = spawnSync(process.execPath, [sbx, 'plan'], { cwd: project, env, encoding: 'utf8' })
        expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('resolve/no-home') as string })
      }
      expect(readdirSync(project)).toEqual(['.cache'])
    } finally {
      rmSync(project, { recursive: true })
    }
  })

  it('names the licence of what is bundled', () => {
    const notices = readFileSync(join(folder, 'package/dist/THIRD-PARTY-NOTICES.txt'), 'utf8')
    for (const name of ['dockerode', 'yaml', 'commander', 'cosmiconfig', 'ajv'])
      expect(notices).toMatch(new RegExp(`^${name} [0-9.]+ \\(`, 'm'))
  })
})

function isBuiltIn(name: string): boolean {
  return name.startsWith('node:') || process.getBuiltinModule(name) !== undefined
}
