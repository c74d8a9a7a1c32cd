import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import type { Plugin } from 'vitest/config'

// Scripts that run inside a sandbox are files of their own; the build puts them in as text, and so does this.
const shellScripts: Plugin = {
  name: 'shell-scripts-as-text',
  enforce: 'pre',
  load(id) {
    const file = id.split('?')[0] ?? id
    return file.endsWith('.sh') ? `export default ${JSON.stringify(readFileSync(file, 'utf8'))}` : null
  },
}

// Files of one worker share its process, since to start one costs more than most of them do; and the modules that are there.
const shared = { plugins: [shellScripts] }
const ofEach = { isolate: false }

export default defineConfig({
  test: {
    // A failing test says enough by itself; what a passing one printed is noise.
    silent: 'passed-only',
    // Most tests wait for an engine, so that more of them fit beside each other than there are cores.
    maxWorkers: 4,
    projects: [
      {
        ...shared,
        test: {
          ...ofEach,
          name: 'unit',
          setupFiles: ['test/support/temporary-folders-end.ts'],
          include: ['test/**/*.test.ts'],
          exclude: ['test/engine/**', 'test/e2e/**', 'test/agents/**', 'test/faults/**'],
          // Properties run histories of hundreds of applies, on a machine that does other things beside.
          testTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: {
          ...ofEach,
          name: 'contract',
          include: ['test/engine/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          ...ofEach,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/agents/**/*.test.ts'],
          exclude: [
            // Only root can start an engine as somebody else.
            ...(process.getuid?.() === 0 ? [] : ['test/e2e/rootless.test.ts']),
            // A minute for each agent: `npm run test:agents`.
            ...(process.env['SBX_TEST_AGENTS'] === undefined
              ? ['test/agents/limited.test.ts', 'test/agents/clone.test.ts']
              : []),
          ],
          globalSetup: ['test/e2e/global-setup.ts'],
          // The first of them builds images.
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      // On an engine that knows the runtime: `npm run test:gvisor`.
      ...(process.env['SBX_TEST_ISOLATION'] === undefined
        ? []
        : [
            {
              ...shared,
              test: {
                name: 'gvisor',
                include: ['test/e2e/attempts.test.ts', 'test/e2e/sessions.test.ts'],
                testTimeout: 240_000,
                hookTimeout: 240_000,
              },
            },
          ]),
      // Some hundreds of things that go wrong, which takes too long for every day: `npm run test:faults`.
      ...(process.env['SBX_FAULTS'] === undefined
        ? []
        : [
            {
              ...shared,
              test: {
                name: 'faults',
                include: ['test/faults/**/*.test.ts'],
                globalSetup: ['test/e2e/global-setup.ts'],
                testTimeout: 3_600_000,
                hookTimeout: 240_000,
              },
            },
          ]),
    ],
  },
})
