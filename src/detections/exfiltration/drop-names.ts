// Services that take data from anyone: pastes, file drops, request catchers.

export const dropNames: ReadonlySet<string> = new Set(
  'transfer.sh file.io 0x0.st pastebin.com paste.ee ix.io termbin.com dpaste.com dpaste.org hastebin.com rentry.co paste.rs sprunge.us clbin.com bashupload.com temp.sh oshi.at tmpfiles.org uguu.se catbox.moe litterbox.catbox.moe filebin.net gofile.io anonfiles.com pixeldrain.com send.vis.ee wormhole.app bayfiles.com filetransfer.io put.re keep.sh x0.at envs.sh privatebin.net ghostbin.com controlc.com webhook.site requestbin.com requestbin.net pipedream.net requestcatcher.com hookbin.com beeceptor.com interact.sh oast.pro oast.live oast.site oast.online oast.fun oast.me burpcollaborator.net oastify.com canarytokens.com dnslog.cn ceye.io requestrepo.com webhook.cool smee.io typedwebhook.tools'.split(
    ' ',
  ),
)
