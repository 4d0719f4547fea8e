// Vite takes style sheets out of the script; TypeScript only needs to know that they may be imported.
declare module '*.css'
