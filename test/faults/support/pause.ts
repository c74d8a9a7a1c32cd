import type Docker from 'dockerode'

/** Until it is paused: with cgroup v1 a busy kernel does not always freeze a container in the time that runc gives it. */
export async function pause(container: Docker.Container): Promise<void> {
  while (!(await container.inspect()).State.Paused) {
    try {
      await container.pause()
    } catch (error) {
      if (!String(error).includes('unable to freeze')) throw error
    }
  }
}
