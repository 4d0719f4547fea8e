import { createRoot } from 'react-dom/client'
import { App } from './shell/app.tsx'
import { showTheme } from './state/settings.ts'
import './styles/app.css'

showTheme()
const host = document.getElementById('app')
if (host) createRoot(host).render(<App />)
