// Names under which anybody can have a name: a wildcard over one of them opens the world.
//
// Not the whole public suffix list: country domains by their second levels, and the shared hosting names that matter
// for agents. https://publicsuffix.org has the list these are taken from.

const secondLevels = new Set(
  'ac co com edu go gob gov gv id info kr lg ltd me mil ne net nhs nom or org plc police sch web'.split(' '),
)

const shared = new Set(
  (
    'github.io githubusercontent.com gitlab.io pages.dev workers.dev r2.dev trycloudflare.com cloudfront.net ' +
    'amazonaws.com s3.amazonaws.com elb.amazonaws.com awsapprunner.com amplifyapp.com elasticbeanstalk.com ' +
    'vercel.app vercel.dev now.sh netlify.app herokuapp.com fly.dev onrender.com railway.app up.railway.app ' +
    'web.app firebaseapp.com appspot.com run.app cloudfunctions.net googleapis.com storage.googleapis.com ' +
    'azurewebsites.net blob.core.windows.net core.windows.net cloudapp.net cloudapp.azure.com azureedge.net ' +
    'azurefd.net trafficmanager.net azurestaticapps.net devtunnels.ms aliyuncs.com myqcloud.com digitaloceanspaces.com ' +
    'ondigitalocean.app backblazeb2.com wasabisys.com fastly.net fastlylb.net akamaized.net edgekey.net edgesuite.net ' +
    'ngrok.io ngrok.app ngrok-free.app ngrok.dev loca.lt serveo.net localhost.run bore.pub lhr.life ts.net ' +
    'duckdns.org no-ip.org ddns.net dyndns.org hopto.org mooo.com nip.io sslip.io traefik.me ' +
    'blogspot.com wordpress.com surge.sh glitch.me repl.co replit.dev replit.app codesandbox.io stackblitz.io ' +
    'hf.space streamlit.app modal.run deno.dev b-cdn.net readthedocs.io gitbook.io notion.site'
  ).split(' '),
)

/** Why a wildcard under this name is no narrow opening, or undefined. `name` is canonical. */
export function publicSuffix(name: string): 'top-level' | 'shared' | undefined {
  const labels = name.split('.')
  if (labels.length === 1) return 'top-level'
  if (labels.length === 2 && labels[1]!.length === 2 && secondLevels.has(labels[0]!)) return 'top-level'
  return shared.has(name) ? 'shared' : undefined
}
