import { describeEngineContract } from './contract.js'
import { makeDockerSubject } from './support/docker.js'
import { makeFakeSubject } from './support/fake.js'

describeEngineContract('the fake', makeFakeSubject)
describeEngineContract('docker', makeDockerSubject)
