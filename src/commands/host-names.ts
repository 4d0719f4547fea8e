// Is this word the name of a machine? `pool.example.org` is, `main.py` and `self.net` are not.

/** Two-letter country domains (IANA root zone). */
const countries =
  'ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw'

/** Generic domains in use by services that agents and attackers reach, and names reserved for inside use. */
const generics =
  'com org net edu gov mil int arpa info biz name pro xyz top site online store tech space website club shop live app dev cloud run host page link click work world today life email network systems solutions services digital agency media news blog wiki zone space icu vip fun pw bid win loan stream download party science trade review date faith accountant cricket men racing webcam rocks pub pizza ninja guru exchange finance money cash gold tools software codes engineering directory company group global international capital ventures fund partners support help social chat team studio design art games game video photo pictures audio moe lol wtf love pink red blue black green sucks onl bar cafe asia tel mobi travel jobs cat aero museum coop post academy school university institute health care clinic bio eco energy solar farm garden house estate land rent build construction contractors market deals sale coupons tips guide how expert consulting legal law tax accountants insurance broker credit loans mortgage bank amsterdam berlin london paris tokyo nyc moscow wien koeln hamburg'

/** Not in the public root; used inside networks. */
const inside =
  'internal local lan corp intranet home localdomain svc cluster consul onion test example invalid private'

const known = new Set([...countries.split(' '), ...generics.split(' '), ...inside.split(' ')])

/** Domains that are also what source code and file names end in; a bare word needs more to count. */
const ambiguous = new Set(
  'lr lt gt ge ne py rs sh md pl so cc ps pm ml st tf do id name info in is it at as to me no la us es my ms vi sc io net ai app dev run host page link work today date post read open map max call group search team tel test example local home svc cluster private directory mm re sv se st ss int top live pro cat zone space art media game video audio photo tools support build show red blue green black bar stream download trade review win bid men help chat blog news wiki store shop site email network systems services digital click life world cloud school health care bio legal law tax credit bank house land rent market sale tips guide how expert fund money cash gold love video'.split(
    ' ',
  ),
)

/** Endings of files that are also top-level domains, or would pass for internal names. */
const fileEndings = new Set(
  'py rs sh md pl so cc ps pm ml st tf do js ts jsx tsx mjs cjs json jsonl yaml yml toml txt csv tsv xml html htm css scss less go java kt c h cpp hpp cxx rb php lua swift scala sql ini cfg conf env lock log out err bak tmp orig patch diff zip tar gz tgz bz2 xz zst whl egg deb rpm apk jar war exe dll bin img iso pdf png jpg jpeg gif svg ico webp mp3 mp4 wav ipynb pyc pyi pth pt ckpt safetensors npy npz pkl parquet db sqlite key pem crt cer pub csr gitignore dockerignore editorconfig vue svelte rst tex bib mk cmake gradle properties service socket timer rules ex exs erl hs vim el nix tmpl tpl j2 proto graphql lst dat md5 sha256 sig asc part old new'.split(
    ' ',
  ),
)

/** First words of attribute chains in source code. */
const codeRoots = new Set(
  'scipy skimage torchvision self this cls os sys np pd plt tf torch nn java javax com org io fs path process window document console math json re app args config logger log http https urllib requests socket subprocess asyncio time datetime date random string request response req res module exports std super obj node event e i x df ax fig user db client server session model data result item ctx cfg opts options params props state'.split(
    ' ',
  ),
)

const labels = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.){0,16}[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Well-formed and lower-cased, without a trailing dot; for places where only a host can stand (a URL, `ssh x`).
 * Names that mean this very machine are none.
 */
export function hostInPosition(word: string): string | undefined {
  let name = word.endsWith('.') ? word.slice(0, -1) : word
  if (name.length === 0 || name.length > 253) return undefined
  name = name.toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost') || name === 'ip6-localhost') return undefined
  return labels.test(name) && /[a-z]/.test(name) ? name : undefined
}

/** How much a bare word looks like a host's name: 0 (not), 0.3 (may be), 0.8 (does). `whole`: a quoted literal. */
export function bareHostStrength(name: string, whole: boolean): number {
  const lastDot = name.lastIndexOf('.')
  if (lastDot <= 0) return 0
  // Versions: `0.13.xyz`, `v2.1.dev`.
  if (/^v?\d+(?:\.\d+)*$/.test(name.slice(0, lastDot))) return 0
  const ending = name.slice(lastDot + 1)
  if (!known.has(ending)) return 0
  if (!ambiguous.has(ending)) {
    return fileEndings.has(ending) || codeRoots.has(name.slice(0, name.indexOf('.'))) ? 0 : 0.8
  }
  if (fileEndings.has(ending)) return 0
  const first = name.slice(0, name.indexOf('.'))
  if (codeRoots.has(first)) return 0
  const dots = name.split('.').length - 1
  const sure = common.has(ending)
  if (whole) return sure ? 0.8 : 0.3
  // Bare words with dots are mostly attributes: only what hosts are really called under counts.
  if (!sure) return 0
  return dots >= 2 ? 0.6 : name.length >= 7 ? 0.3 : 0
}

/** Those of the ambiguous domains under which many real hosts live. */
const common = new Set('io net ai dev cloud us me it es at'.split(' '))

export function isFileEnding(ending: string): boolean {
  return fileEndings.has(ending)
}
