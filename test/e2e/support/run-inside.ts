// Commands in a container by the engine alone: sbx has no part in it, so that what it is asked about is not asked of it.

import type Docker from 'dockerode'

/** What it printed, on either stream. */
export async function runInside(
  docker: Docker,
  containerId: string,
  script: string,
  user: 'agent' | 'root' = 'agent',
): Promise<string> {
  const exec = await docker.getContainer(containerId).exec({
    Cmd: ['bash', '-c', script],
    User: user,
    Tty: true, // one stream without frames
    ...{ AttachStdout: true, AttachStderr: true },
  })
  const stream = await exec.start({ Tty: true })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8').replaceAll('\r', '').trimEnd()
}
