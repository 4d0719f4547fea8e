import type { Preset } from './api.ts'

export const qwen: Preset = {
  name: 'qwen',
  title: 'Qwen Code: its model API and signing in',
  sources: ['https://github.com/QwenLM/qwen-code', 'https://help.aliyun.com/zh/model-studio/'],
  hosts: [
    { host: 'dashscope.aliyuncs.com', ports: [443], why: 'the model API, mainland China' },
    { host: 'dashscope-intl.aliyuncs.com', ports: [443], why: 'the model API, international' },
    { host: 'portal.qwen.ai', ports: [443], why: 'the model API, with a Qwen account' },
    { host: 'chat.qwen.ai', ports: [443], why: 'signing in' },
    { host: 'qwen.ai', ports: [443], why: 'signing in, newer versions' },
  ],
}
