import { describeLimitedContract } from './limited-contract.js'
import { makeDockerSubject } from './support/docker.js'
import { makeFakeSubject } from './support/fake.js'

describeLimitedContract('the fake', makeFakeSubject)
describeLimitedContract('docker', makeDockerSubject)
