// What watches a sandbox once it stands. Loaded while bubblewrap makes it, so that no run waits for it; until then the
// rules in the kernel let nothing out, and first packets wait where they are read from.

export { openGateway } from '../../gateway/gateway.ts'
export { startLookup } from '../../gateway/lookup.ts'
export { defaultSyntheticRange } from '../../gateway/names.ts'
export { responseTo } from '../../policy/responses.ts'
export { serveControl } from '../../responses/control-socket.ts'
export { startAgentSide } from './agent-side.ts'
export { attributedNetwork } from './attributed-network.ts'
export { startContainment } from './containment.ts'
export { startDecisions } from './decisions.ts'
export { startDetector } from './detector.ts'
export { startResponder } from './responder.ts'
