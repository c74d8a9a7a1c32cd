import { describeKeepContract } from './keep-contract.js'
import { makeDockerSubject } from './support/docker.js'
import { makeFakeSubject } from './support/fake.js'
import { tinyImage } from './support/tiny-image.js'

describeKeepContract('the fake', makeFakeSubject)
describeKeepContract('docker', async () => {
  const subject = await makeDockerSubject()
  return { ...subject, image: await tinyImage(subject) }
})
