// The few calls that the scripts make to an engine, before anything is installed that could make them.

import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Refusal } from './progress.mjs'

/**
 * @param {string} host as DOCKER_HOST has it: unix:///path or tcp://name:port (with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH)
 * @param {string} method
 * @param {string} path with its query
 * @param {{ body?: import('node:stream').Readable, silence?: number }} [options] `silence`: milliseconds without a byte
 * after which the call is given up
 * @returns {Promise<{ status: number, text: string }>} rejects when the engine cannot be reached
 */
export async function callEngine(host, method, path, { body, silence = 5_000 } = {}) {
  const { transport, options } = connection(host)
  const request = transport.request({ ...options, method, path, headers: { Host: 'engine' } })
  request.setTimeout(silence, () => request.destroy(new Error(`no answer for ${silence / 1000} s`)))
  const answered = new Promise((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
  })
  const [response] = await Promise.all([answered, body === undefined ? request.end() : pipeline(body, request)])
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode, text }
}

function connection(host) {
  const url = new URL(host)
  if (url.protocol === 'unix:') return { transport: http, options: { socketPath: decodeURIComponent(url.pathname) } }
  const address = { host: url.hostname, port: url.port }
  if (url.protocol === 'http:') return { transport: http, options: address }
  if (url.protocol !== 'tcp:' && url.protocol !== 'https:') {
    throw new Refusal(
      `${host} is on another machine, where the folders of this one are not. Unset DOCKER_HOST, or choose another context.`,
    )
  }
  if ((process.env['DOCKER_TLS_VERIFY'] ?? '') === '') return { transport: http, options: address }
  const folder = process.env['DOCKER_CERT_PATH'] ?? join(process.env['HOME'] ?? '', '.docker')
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFileSync(join(folder, file)))
  return { transport: https, options: { ...address, ca, cert, key } }
}

/** What a pull or an import ended with; such a call answers 200 and says in its last lines that it failed. */
export function streamedError({ status, text }) {
  const messages = text
    .split('\n')
    .filter((line) => line.trim().startsWith('{'))
    .map((line) => JSON.parse(line))
  const failed = messages.find(
    (message) => message.error !== undefined || (status >= 400 && message.message !== undefined),
  )
  if (failed !== undefined) return failed.error ?? failed.message
  return status >= 400 ? `status ${status}` : null
}
