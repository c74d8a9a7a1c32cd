import { greeter } from './server.js'

greeter().listen(process.env.PORT)
