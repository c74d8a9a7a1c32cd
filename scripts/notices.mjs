// The licences of everything that is bundled, read from the packages themselves.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Texts for packages that name a licence and bring no file with it. */
const standardTexts = {
  ISC: (holder) => `Copyright (c) ${holder}

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.`,
}

/**
 * @param {string} root of the checkout
 * @param {string[]} inputs files that went into the bundles, relative to `root`, as esbuild's metafile names them
 * @returns {Promise<string>} one text with every package, its version and its licence; fails where one has none
 */
export async function thirdPartyNotices(root, inputs) {
  const folders = [...new Set(inputs.map(packageFolder).filter((folder) => folder !== null))].sort()
  const notices = await Promise.all(folders.map((folder) => notice(join(root, folder))))
  const intro = 'sbx contains parts of these packages, each under its own licence.\n'
  return [intro, ...notices].join(`\n${'-'.repeat(80)}\n\n`)
}

/** `node_modules/a/node_modules/@b/c/lib/x.js` belongs to `node_modules/a/node_modules/@b/c`. */
export function packageFolder(input) {
  return /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? null
}

async function notice(folder) {
  const { name, version, author, ...described } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const license = described.license ?? described.licenses?.map(({ type }) => type).join(' or ')
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  if (texts.length === 0 && author !== undefined && license in standardTexts) {
    texts.push(standardTexts[license](author.name ?? author))
  }
  if (texts.length === 0) throw new Error(`${name} ${version} is bundled and has no licence text (${license})`)
  return `${name} ${version} (${license})\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`
}
