// Mining pools by registered domain, written from the pools' own "how to connect" pages. Names of coins' projects,
// explorers and exchanges are left out: reading about mining is no mining.

export const pools: ReadonlySet<string> = new Set(
  [
    // Monero and other RandomX coins: pool pages listed at miningpoolstats.stream/monero
    'supportxmr.com hashvault.pro moneroocean.stream nanopool.org minexmr.com c3pool.com c3pool.org xmrpool.eu',
    'xmrpool.net monerohash.com p2pool.io p2pool.observer xmr.pt gulf.moneroocean.stream monerod.org moneropool.com',
    'minergate.com crypto-pool.fr dwarfpool.com usxmrpool.com poolto.be ppxxmr.com xmrfast.com herominers.com',
    'skypool.org xmr.nanopool.org monero.hashvault.pro kryptex.network kryptex.com unmineable.com unminable.com',
    // Bitcoin and SHA-256: pool pages
    'antpool.com viabtc.com viabtc.net f2pool.com btc.com poolin.com poolin.one slushpool.com braiins.com',
    'ckpool.org solo.ckpool.org kano.is luxor.tech mining.luxor.tech sbicrypto.com emcd.io emcd.network spiderpool.com',
    'foundrydigital.com foundryusapool.com ocean.xyz public-pool.io 1thash.btc.top btc.top bitfufu.com secpool.com',
    'nicehash.com miningrigrentals.com prohashing.com zpool.ca mining-dutch.nl zergpool.com multipool.us',
    // Ethereum family, Ravencoin, Kaspa and other GPU coins: pool pages
    'ethermine.org flypool.org flexpool.io hiveon.net hiveon.com 2miners.com ezil.me woolypooly.com sparkpool.com',
    'ethpool.org nanopool.com coinotron.com miningpoolhub.com rplant.xyz k1pool.com acc-pool.pw humpool.com',
    'vipor.net cedriccrispin.com rvn.nanopool.org suprnova.cc icemining.ca bsod.pw gos.cx mole-pool.net cruxpool.com',
    'baikalmine.com fairpool.xyz gfwroute.com sunpool.top openrx.org dxpool.com dxpool.net whalesburg.com',
    'beepool.com beepool.org uupool.cn xnpool.com poolflare.com poolbinance.com bitdeer.com letsmine.it gntl.uk',
    // Browser miners, gone or going
    'coinhive.com coin-hive.com coinimp.com crypto-loot.com cryptoloot.pro webminepool.com jsecoin.com authedmine.com',
  ]
    .join(' ')
    .split(' '),
)

/** Hosts below a pool's domain that serve people, not miners. */
export const webHost = /^(?:www|docs?|help|blog|support|status|wiki|forum|static|cdn|assets|api|cloud)\./

/** Ports that pools like; weak, never alone. */
export const poolPorts: ReadonlySet<number> = new Set([
  3333, 3334, 3335, 3336, 3357, 4444, 5555, 5556, 5588, 5730, 6666, 7777, 7778, 9332, 9999, 14433, 14444,
  45560, 45700, 10128, 10300, 20580,
])
