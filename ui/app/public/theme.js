// Before the first paint: the theme that was chosen last, so that nothing flashes.
try {
  const { theme } = JSON.parse(localStorage.getItem('vigiles.settings') ?? '{}')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {}
