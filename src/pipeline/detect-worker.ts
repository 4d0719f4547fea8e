// A thread that finds what the detections find in a case, and ends.

import { parentPort, workerData } from 'node:worker_threads'
import { type DetectJob, runDetectJob } from './detect-thread.ts'

parentPort!.postMessage(runDetectJob(workerData as DetectJob))
