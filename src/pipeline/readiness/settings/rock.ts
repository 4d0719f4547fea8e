// ROCK's rock-*.yml: the task that deletes logs on the workers.
//
//   scheduler: { tasks: [ { task_class: …file_cleanup_task.FileCleanupTask, enabled: true,
//     params: { target_dirs: [ { path: "/data/logs" } ], max_age_mins: 180 } } ] }

import { defineSettings, fieldAt, isOn, itemsAt, textAt } from '../settings-api.ts'

const minutesDefault = 10_080

export const rockSettings = defineSettings({
  product: 'ROCK',
  recognises: ({ documents }) =>
    documents.some((document) =>
      itemsAt(document, 'scheduler', 'tasks').some((task) => textAt(task, 'task_class')?.startsWith('rock.')),
    ),
  read({ documents }, say) {
    for (const document of documents) {
      const enabled = textAt(document, 'scheduler', 'enabled')
      for (const task of itemsAt(document, 'scheduler', 'tasks')) {
        if (!textAt(task, 'task_class')?.endsWith('FileCleanupTask')) continue
        const folders = itemsAt(task, 'params', 'target_dirs').map(
          (one) => textAt(one) ?? textAt(one, 'path') ?? '',
        )
        const logs = folders.find((folder) => /log/i.test(folder))
        if (logs === undefined) continue
        const age = fieldAt(task, 'params', 'max_age_mins')
        const minutes = Number(textAt(task, 'params', 'max_age_mins') ?? minutesDefault)
        const off = (enabled !== undefined && !isOn(enabled)) || !isOn(textAt(task, 'enabled') ?? 'true')
        const days = off || !Number.isFinite(minutes) ? null : minutes / 1440
        const text = off ? 'FileCleanupTask is off' : `${logs}: max_age_mins: ${minutes}`
        say(age?.line ?? task.line, text, { about: 'kept', side: 'trace', what: logs, days })
      }
    }
  },
})
