import { describe, expect, it } from 'vitest'
import { defaultSettings, settingsOf } from './settings.ts'

describe('settings kept in the browser', () => {
  it('are taken field by field, what makes no sense is the default', () => {
    expect(settingsOf({ zone: 'Asia/Tokyo', theme: 'dark', sound: true, keys: false })).toEqual({
      zone: 'Asia/Tokyo',
      theme: 'dark',
      sound: true,
      desktop: false,
      keys: false,
    })
    for (const value of [null, 7, 'x', [], { zone: 'Nowhere/City', theme: '<b>', sound: 'yes' }])
      expect(settingsOf(value)).toEqual(defaultSettings)
  })

  it('signal nothing unless that was switched on', () => {
    expect([defaultSettings.sound, defaultSettings.desktop]).toEqual([false, false])
  })
})
