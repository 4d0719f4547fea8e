import { useEffect, useState } from 'react'

/** A number that grows every `ms` while the page is looked at: for what no message of the live feed tells of. */
export function useTick(ms: number, isOn = true): number {
  const [tick, setTick] = useState(0)
  useEffect(() => {
    if (!isOn) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setTick((n) => n + 1)
    }, ms)
    return () => clearInterval(timer)
  }, [ms, isOn])
  return tick
}
