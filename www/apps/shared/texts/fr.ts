import { dateWords } from "../dates.js";
import type { Texts } from "./en.js";

const digits = (count: number): string => count.toLocaleString("fr");
const many = (count: number, one: string, more: string): string =>
  `${digits(count)} ${count < 2 ? one : more}`;

/** L'écart de deux horloges, dans la plus grande unité qu'il contient deux fois. */
function span(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 120) return many(Math.max(minutes, 1), "minute", "minutes");
  const hours = Math.round(minutes / 60);
  return hours < 48
    ? many(hours, "heure", "heures")
    : many(Math.round(hours / 24), "jour", "jours");
}

const dayFormat = new Intl.DateTimeFormat("fr", { dateStyle: "full" });
const clockFormat = new Intl.DateTimeFormat("fr", { timeStyle: "short" });
const BEYOND = "une date hors de tout calendrier";
const momentFormat = new Intl.DateTimeFormat("fr", { dateStyle: "medium", timeStyle: "short" });
const moment = (at: Date): string => dateWords(at, momentFormat, BEYOND);

/** Tout ce qu'on lit sur ces pages, en français. */
export const fr: Texts = {
  language: "fr",
  name: "Lacis",

  notAServer: (url) =>
    `Le serveur dans cette adresse doit commencer par ws:// ou wss://, mais c'est "${url}".`,
  broken: "Quelque chose d'inattendu s'est produit. Rechargez la page.",
  cancel: "Annuler",
  close: "Fermer",
  copied: "Copié",
  copy: "Copier",
  copyByHand: "Ctrl+C pour copier",
  create: "Créer",
  decline: "Refuser",
  delete: "Supprimer",
  edit: "Modifier",
  open: "Ouvrir",
  rename: "Renommer",
  save: "Enregistrer",
  saved: "Enregistré",
  search: "Rechercher",
  share: "Partager",
  toStart: "Accueil",
  tryAgain: "Réessayer",
  units: ["octets", "ko", "Mo", "Go", "To"],
  day: (at) => dateWords(at, dayFormat, BEYOND),
  clock: (at) => dateWords(at, clockFormat, BEYOND),

  starting: "Un instant...",
  fatal: "Cela ne fonctionne pas",
  reload: "Recharger",
  notLoaded: "Une partie de la page n'a pas pu être chargée. Vérifiez la connexion, rechargez.",
  fatalHelp: {
    "store-unavailable":
      "Une fenêtre privée l'interdit souvent. Ouvrez cette page dans une fenêtre normale.",
    "unsupported-platform": "Ouvrez cette page dans un Firefox, Chrome, Edge ou Safari récent.",
    "webrtc-blocked":
      "Désactivez l'extension pour cette page, ou ouvrez-la dans un autre navigateur.",
    "wasm-failed": "Vérifiez votre connexion à Internet.",
  },
  elsewhere: "Lacis est ouvert dans un autre onglet",
  elsewhereLead:
    "Un seul onglet à la fois peut travailler pour vous. Quand l'autre sera fermé, celui-ci " +
    "continuera tout seul.",
  useHere: "L'utiliser ici",
  noGroup: "Ce groupe n'est pas sur cet appareil",
  noGroupLead: "Vous l'avez peut-être quitté. Une invitation permet d'y revenir.",
  waitingForApp: "On attend un membre qui dise à quoi sert ce groupe...",
  connections: "Connexions",
  connecting: "Connexion au serveur...",
  slowServer: "Le serveur n'a pas encore répondu. On continue d'essayer.",
  online: "Connecté",
  unreachable: "Le serveur est injoignable.",
  refusals: {
    "signaling-refused": "Le serveur a refusé cette page.",
    "server-full": "Le serveur est plein.",
    "rate-limited": "Le serveur a reçu trop de demandes d'ici.",
    "too-many-rooms": "Cette page a plus de groupes ouverts que le serveur n'en permet.",
    "node-taken": "Le serveur prend cet onglet pour un autre.",
    "version-mismatch": "Le serveur n'a pas la même version que cette page.",
  },
  offline: (reason, seconds) =>
    `${reason} Les liens établis tiennent.${
      seconds > 0 ? ` Nouvel essai dans ${seconds} s.` : " Nouvel essai maintenant."
    }`,
  offlineShort: (reason, seconds) =>
    `${reason}${seconds > 0 ? ` Nouvel essai dans ${seconds} s.` : " Nouvel essai maintenant."}`,
  offlineKept: "Ce que vous faites ici est gardé, et parviendra aux autres plus tard.",
  refused: (reason) =>
    `${reason} Personne d'autre ne peut être rencontré. Rechargez la page dans une minute.`,
  left: "Vous êtes parti.",
  ended: "La page, mise de côté, s'est arrêtée. Rechargez-la : ce que vous avez tapé est gardé.",
  memberLeft: "Cette personne n'est plus là.",
  reasons: {
    "invitation-unknown": "Ce n'est pas une invitation.",
    "invitation-damaged":
      "Cette invitation est abîmée : il en manque une partie, ou on l'a modifiée. " +
      "Recopiez-la en entier.",
    "invitation-version":
      "Cette invitation vient d'une version plus récente. Rechargez la page et réessayez.",
    "invitation-expired": "Cette invitation a expiré. Demandez-en une autre.",
    "invitation-not-yet-valid":
      "Cette invitation n'est pas encore valable, ou l'horloge de cet appareil est fausse.",
    "invitation-not-trusted": "L'auteur de cette invitation n'a pas le droit d'inviter.",
    "invitation-not-for-you": "Cette invitation est pour quelqu'un d'autre.",
    "invitation-used-up": "Cette invitation a déjà servi autant de fois que permis.",
    "invitation-ended":
      "Cette invitation a été close, ou ceux qui sont là ne la connaissent pas encore. " +
      "Demandez-en une autre.",
    "over-budget":
      "Vous avez écrit dans ce groupe autant qu'un membre le peut. Supprimez d'abord quelque " +
      "chose.",
    superseded: "Quelqu'un d'autre vient de modifier ceci. Regardez, puis réessayez.",
    "no-issuer": "Personne qui puisse vous laisser entrer n'est là. Réessayez plus tard.",
    "not-connected": "Personne qui ait cela n'est là en ce moment.",
    "member-away": "Cette personne n'est pas là en ce moment.",
    "not-allowed": "Vous n'avez pas ce droit dans ce groupe.",
    "not-member": "Cette personne n'est pas membre du groupe.",
    "record-unknown": "Ceci n'est pas ici, ou ne l'est plus.",
    "no-key": "La clé pour lire et écrire ici n'est pas encore arrivée.",
    "store-full": "Il n'y a plus de place sur cet appareil.",
    "store-failed":
      "Ce navigateur n'a pas pu conserver cela. Le disque de cet appareil est peut-être plein.",
    "store-in-use": "Ceci est ouvert dans un autre onglet. Fermez-le d'abord là-bas.",
    "store-unavailable": "Ce navigateur ne permet pas à cette page de conserver quoi que ce soit.",
    "insecure-context":
      "Ce navigateur ne le permet pas à cette page : son adresse doit commencer par https.",
    "identity-known": "Cette identité est déjà dans ce navigateur.",
    "source-failed": "Ce fichier ne peut plus être lu. Choisissez-le de nouveau.",
    "webrtc-blocked":
      "Ce navigateur bloque les liens directs (WebRTC), par une extension ou un réglage.",
    "unsupported-platform":
      "Ce navigateur ne permet pas de liens directs : il manque WebRTC ou WebAssembly.",
    "wasm-failed": "Une partie de l'application n'a pas pu être chargée. Rechargez la page.",
    "card-unknown": "Ce n'est pas une carte d'identité.",
    "card-damaged": "Cette carte d'identité est abîmée. Redemandez-la.",
    "export-damaged": "Ce n'est pas un groupe enregistré, ou il est abîmé.",
    "identity-damaged": "Ce n'est pas une identité enregistrée, ou elle est abîmée.",
    "wrong-password": "Le mot de passe est faux.",
    "too-large": "C'est trop volumineux.",
    "pairing-unknown": "Ce n'est pas un texte qui relie deux appareils.",
    "pairing-damaged":
      "Ce texte est abîmé : il en manque une partie, ou on l'a modifié. Recopiez-le en entier.",
    "pairing-version": "Ce texte vient d'une version plus récente. Rechargez la page et réessayez.",
    "pairing-mismatch":
      "Ce texte va avec une autre tentative, ou a déjà servi. Recommencez des deux côtés.",
    "no-answer": "L'autre côté n'a pas répondu.",
    "ice-failed": "Aucun chemin direct n'a été trouvé. Un réseau entre vous le bloque peut-être.",
    busy: "L'un des deux côtés n'a plus de place pour un lien.",
    revoked: "Cette adhésion a été retirée.",
    rejected: "L'autre a refusé.",
    aborted: "C'est annulé.",
    timeout: "Cela a pris trop de temps.",
    "already-joined": "Vous y êtes déjà.",
    "too-many-rooms": "Trop de groupes sont ouverts ici. Quittez-en un d'abord.",
    "too-many-groups": "Trop de groupes sont ouverts ici. Fermez-en un d'abord.",
    "would-block": "Trop de choses attendent d'être envoyées. Réessayez dans un instant.",
    "signaling-unreachable": "Le serveur est injoignable. Vérifiez votre connexion à Internet.",
    "signaling-refused": "Le serveur a refusé la connexion.",
    "signaling-lost": "La connexion au serveur a été perdue.",
    "node-taken": "Le serveur connaît déjà cet onglet par une autre connexion.",
    "server-full": "Le serveur est plein. Réessayez plus tard.",
    "rate-limited": "C'était trop d'un coup pour le serveur. Réessayez dans un instant.",
    "version-mismatch": "L'autre côté n'a pas la même version. Rechargez les deux pages.",
    "dtls-failed": "Le lien privé avec l'autre côté n'a pas pu être établi.",
    "fingerprint-mismatch": "Quelqu'un a touché à ce lien en chemin : il a été refusé.",
    "identity-mismatch": "L'autre côté n'a pas pu prouver qui il est : le lien a été refusé.",
    "link-lost": "Le lien avec cette personne a été perdu.",
    "handler-failed": "L'autre côté n'a pas pu répondre, à cause d'une erreur chez lui.",
    suspended: "La page avait été mise de côté. Elle est de nouveau reliée.",
    replaced: "Le lien a été refait, et ce qui était en cours s'est arrêté.",
    "stream-unknown": "Cet envoi de fichier n'existe plus.",
    "store-closed": "L'endroit où ceci est gardé a été fermé.",
    "store-damaged": "Ce qui était gardé ici est abîmé.",
    "store-version":
      "Ce qui est gardé ici vient d'une version plus récente de ces pages. Rechargez la page.",
    "group-unknown": "Ce groupe n'est pas ouvert ici.",
    "group-open": "Ce groupe est déjà ouvert.",
    "chain-too-long": "Trop de personnes vous séparent de qui a fondé ce groupe.",
    "card-version": "Cette carte d'identité demande une version plus récente de ces pages.",
    "card-not-trusted": "Cette carte d'identité n'est pas l'œuvre de qui elle nomme.",
    "identity-unknown": "Cette identité n'est pas gardée dans ce navigateur.",
    "too-slow": "Les messages arrivaient plus vite que ces pages ne les lisaient.",
    protocol: "L'autre côté a envoyé quelque chose qui n'a pas de sens ici.",
    internal: "Quelque chose n'a pas marché dans ces pages. Rechargez la page.",
  },

  failure: "Quelque chose n'a pas marché",
  failureLead: "Ce que vous avez tapé est gardé sur cet appareil.",
  failureShow: "Ce qui s'est passé",
  report: "Rapport pour qui s'occupe de cette page",
  reportLead: "Rien n'est envoyé. Lisez-le, copiez-le, et donnez-le à qui vous voulez.",
  reportCopy: "Copier le rapport",

  welcome:
    "Dessiner, parler et publier ensemble, directement de navigateur à navigateur. Sans compte, " +
    "sans serveur qui sache ce que vous dites.",
  welcomeInvited: "Vous êtes invité. Dites qui vous êtes, puis entrez.",
  yourName: "Votre nom",
  nameHelp: "Les membres de vos groupes le voient. On peut en changer à tout moment.",
  nameMissing: "Il faut un nom, n'importe lequel.",
  begin: "Commencer",
  haveIdentity: "J'ai une identité sur un autre appareil",
  newName: "Nouvelle identité",

  you: "Vous",
  profile: "(vous : nom, image, carte)",
  me: (name) => `${name} (vous)`,
  guest: (id) => `Invité ${id.slice(0, 4)}`,
  colour: "Couleur",
  colours: ["rouge", "brun", "vert", "sarcelle", "bleu", "indigo", "violet", "rose"],
  picture: "Choisir une image",
  noPicture: "Sans image",
  card: "Votre carte d'identité",
  cardLead: "Qui l'a peut vous inviter, et nul autre ne pourrait se servir de l'invitation.",
  cardQr: "Votre carte d'identité en code QR",
  backup: "Identité sous mot de passe",
  backupLead:
    "Avec ce texte et le mot de passe, vous êtes vous-même sur tout appareil. " +
    "Gardez bien les deux.",
  password: "Mot de passe",
  passwordShort: (min) => `Un mot de passe a au moins ${min} caractères.`,
  otherIdentities: "Autres identités",
  become: (name) => `Devenir ${name}`,
  newIdentity: "Nouvelle identité",
  importIdentity: "Importer une identité",
  deleteIdentity: "Supprimer cette identité",
  deleteIdentityLead:
    "Elle et tous ses groupes sont supprimés de cet appareil. Sans copie, plus personne ne " +
    "pourra jamais être cette identité.",

  groups: "Vos groupes",
  noGroups: "Aucun pour l'instant. Créez-en un, ou ouvrez une invitation.",
  newGroup: "Du nouveau",
  apps: { board: "Tableau blanc", chat: "Discussion", letter: "Lettre" },
  appLeads: {
    board: "Dessiner et réfléchir ensemble",
    chat: "Parler, échanger des fichiers",
    letter: "Publier pour des lecteurs qui font suivre",
  },
  defaultNames: { board: "Notre tableau", chat: "Notre discussion", letter: "Ma lettre" },
  groupName: "Nom",
  unread: (count) => many(count, "nouveauté", "nouveautés"),
  present: (count, of) =>
    count >= of ? `${many(count, "autre", "autres")} ici` : `${count} autres ici sur ${of}`,
  presentNobody: "Personne d'autre n'est là. Ce que vous faites leur parviendra à leur retour.",
  presentOffline: "Personne d'autre n'est là : il n'y a pas de serveur.",
  alone: "Vous êtes seul pour l'instant. Invitez quelqu'un.",
  revokedShort: "Vous n'êtes plus membre",
  details: "Membres et réglages",
  people: "Membres",
  states: { here: "ici", away: "absent un instant", gone: "absent" },
  admin: "admin",
  keeper: "un gardien, qui conserve sans pouvoir lire",
  groupId: (id) => `Groupe ${id}`,
  removeMember: "Retirer",
  removeName: (name) => `Retirer ${name}`,
  removeLead: (name) =>
    `${name} garde ce qui est là, mais ne pourra plus rien lire ni écrire de nouveau.`,
  removeUndo: "Annuler tout ce que cette personne a fait ici",
  removeKeep: "Laisser ouvertes les invitations qu'elle a faites ou par lesquelles elle est venue",
  servers: "Où ce groupe se retrouve",
  serversOfPage: "Aucun serveur n'est nommé : chacun passe par celui d'où vient sa page.",
  changeServers: "Changer les serveurs",
  serversLead:
    "C'est par ces serveurs que les membres se trouvent. Ceux qui sont là suivent dans la " +
    "demi-minute, et les invitations faites désormais nomment les nouveaux.",
  serversBefore:
    "Pendant 90 jours, tous restent aussi aux serveurs d'avant : pour les membres absents et " +
    "pour les anciennes invitations. Qui revient plus tard a besoin d'une nouvelle invitation.",
  serversSaved: "C'est changé. Tous ceux qui sont là suivent dans la demi-minute.",
  serversOvertaken:
    "Quelqu'un d'autre vient de changer les serveurs. Ce que vous enregistrez prendra sa place.",
  serverNumber: (number) => `Serveur ${number}`,
  addServer: "Ajouter un serveur",
  serversMost: (max) => `Un groupe se retrouve à ${max} serveurs au plus.`,
  serverFlaws: {
    "none-named": "Nommez au moins un serveur.",
    "no-address": "Ce n'est pas l'adresse d'un serveur. En voici la forme : wss://example.org/ws",
    "not-secure":
      "L'adresse doit commencer par wss://, pour que personne en chemin ne puisse lire. Seul un " +
      "serveur de cet appareil même peut commencer par ws://.",
    "not-plain": "Une adresse ne contient ni nom, ni mot de passe, ni #, ni barre inverse.",
    "too-long": "Cette adresse est trop longue.",
    twice: "Ce serveur est nommé deux fois.",
  },
  serverStates: { open: "relié", dialing: "en cours de connexion...", none: "pas encore relié" },
  serverAgain: "On réessaie.",
  clockDiffers: (aheadMs) =>
    `L'horloge de cet appareil a ${span(aheadMs)} ${aheadMs > 0 ? "de retard" : "d'avance"} ` +
    "sur celles des autres. Ce que vous écrivez peut être refusé tant qu'elle n'est pas à l'heure.",
  keyOld:
    "Qui a été retiré peut encore lire ce qui s'écrit ici, jusqu'au retour d'un administrateur.",
  setAside: (name, count) =>
    `De ${name}, ${many(count, "élément antérieur", "éléments antérieurs")} au retrait ` +
    "sont arrivés tard et ne sont pas montrés.",
  letStand: "Les laisser valoir",
  exportGroup: "Enregistrer dans un fichier",
  importGroup: "Ouvrir un groupe enregistré",
  leave: "Quitter",
  leaveLead: (name) =>
    `« ${name} » est supprimé de cet appareil. Les autres le gardent et peuvent vous réinviter.`,
  unsaved: (reason) => `Pas encore conservé : ${reason} On réessaie.`,
  refusedByOthers: (reason) => `Les autres ne vous laissent pas entrer : ${reason}`,
  revokedHere: "Votre adhésion a été retirée. Vous pouvez lire ce qui est ici.",
  mayNotWrite: "Vous pouvez lire ici, mais pas écrire.",

  invite: "Inviter quelqu'un",
  inviteLead: "Qui a ce lien peut entrer. Envoyez-le ou faites-le scanner. Il dit votre nom.",
  openInvitations: "Liens qui laissent encore entrer",
  usedOf: (used, uses) =>
    `${used.toLocaleString("fr")} sur ${many(uses, "utilisation", "utilisations")}`,
  madeByYou: "Fait par vous.",
  madeBy: (name) => `Fait par ${name}.`,
  endInvitation: "Clore",
  inviteKnown: "Ceux qui sont là",
  inviteByCard: "Pour une seule personne",
  theirCard: "Sa carte d'identité",
  makeLink: "Faire un lien pour cette personne",
  link: "Lien d'invitation",
  qr: "Le lien en code QR",
  call: "Inviter",
  callName: (name) => `Inviter ${name}`,
  calling: (name) => `Invitation de ${name}`,
  called: (name) => `${name} vous invite`,
  calls: "Invitations pour vous",
  lookAtCall: "Regarder",
  callStates: {
    open: (name) => `On attend la réponse de ${name}...`,
    accepted: (name) => `${name} regarde l'invitation.`,
    declined: (name) => `${name} préfère ne pas venir.`,
    cancelled: (name) => `${name} a retiré l'invitation.`,
    expired: () => "Personne n'a répondu à temps.",
  },
  byHand: "Sans serveur",
  byHandLead:
    "Un texte part chez l'autre, un autre revient : scannés, ou envoyés comme vous voulez.",
  byHandBegin: "Commencer",
  byHandGive: "1. Donnez ceci à l'autre personne",
  byHandTake: "2. Entrez ce qui revient",
  byHandConnect: "Se relier",
  byHandDone: "Vous êtes reliés.",
  byHandBack: "Rendez ceci à qui vous a invité",
  byHandWaiting: "Gardez cette page ouverte jusqu'à ce que ce soit entré là-bas.",
  joinOne: "Entrer sur invitation",
  pasteHere: "Collez le lien ici",
  scan: "Scanner un code QR",
  camera: "Ce que voit la caméra",
  noCamera: "Il n'y a pas de caméra ici, ou cette page n'y a pas droit.",
  badInvitation: "Cette invitation ne peut pas servir",
  badInvitationHelp:
    "Demandez qu'on vous l'envoie encore, entière, ou qu'on fasse un nouveau lien. Vous pouvez " +
    "aussi le coller ici.",
  joinTitle: (name) => `Rejoindre « ${name} »`,
  joinApp: {
    board: (name) => `Dessiner à plusieurs sur « ${name} »`,
    chat: (name) => `Parler à plusieurs dans « ${name} »`,
    letter: (name) => `Lire la lettre « ${name} »`,
  },
  joinLink: "Rejoindre un groupe",
  joinLinkApp: {
    board: "Dessiner à plusieurs sur un tableau blanc",
    chat: "Parler à plusieurs dans une discussion",
    letter: "Lire une lettre",
  },
  invitedBy: (name) => `Invité par ${name}.`,
  linkSaysFrom: (name) => `Le lien dit venir de « ${name} ».`,
  notMetYet: (id) =>
    `Vous ne vous êtes pas encore rencontrés ici : personne ne l'a vérifié (${id.slice(0, 8)}).`,
  invitedByStranger: (id) =>
    `Invité par quelqu'un que vous n'avez pas encore rencontré ici (${id.slice(0, 8)}).`,
  openInvitation: "Quelqu'un qui puisse vous laisser entrer doit avoir Lacis ouvert.",
  until: (at) => `Valable jusqu'au ${moment(at)}.`,
  memberUntil: (at) => `Qui entre maintenant est membre jusqu'au ${moment(at)}.`,
  usesLeft: (left) => `Peut encore servir à ${many(left, "personne", "personnes")}.`,
  looking: "On demande ce qu'offre cette invitation...",
  joinAs: (name) => `Vous entrez comme ${name}.`,
  join: "Entrer",
  joining: "On cherche quelqu'un qui vous laisse entrer...",
  joiningLong:
    "Personne qui puisse vous laisser entrer n'est là. Laissez cette page ouverte : vous " +
    "entrerez tout seul dès que quelqu'un y sera.",
  lookingLong:
    "Personne qui puisse en dire plus n'est là. Appuyez sur Entrer et laissez cette page " +
    "ouverte : vous entrerez tout seul dès que quelqu'un y sera.",
  tellInviter: (name) =>
    `Vous pouvez demander à ${name === "" ? "qui vous a invité" : name} d'ouvrir Lacis.`,
  joinByHand: (name) =>
    `Cette page continue d'essayer. ${name === "" ? "Qui vous a invité" : name} peut aussi vous ` +
    "faire entrer sans serveur, sous « Inviter quelqu'un ».",
  joinMoved: (name) =>
    "Le groupe se retrouve peut-être à un autre serveur désormais : il vous faut alors un " +
    `nouveau lien de ${name === "" ? "qui vous a invité" : name}.`,

  device: "Sur cet appareil",
  used: (used, all) => `${used} utilisés sur ${all}`,
  kept: "Le navigateur garde tout jusqu'à ce que vous le supprimiez.",
  mayBeEvicted: "Le navigateur peut tout effacer si la place manque.",
  pagesKept: "Ces pages s'ouvrent sans réseau.",
  pagesComing: "Ces pages sont mises de côté pour s'ouvrir sans réseau.",
  keep: "Mettre à l'abri",
  notKept: "Le navigateur n'a pas accepté. Installer cette page comme application aide souvent.",

  messages: "Messages",
  message: "Message",
  write: "Écrivez un message",
  send: "Envoyer",
  attach: "Envoyer un fichier",
  to: "À",
  everybody: "tous",
  onlyTo: (name) => `${name} seulement`,
  whisperTo: (name) => `${name} seulement lira ceci`,
  whispered: "à vous seul",
  whisperedTo: (name) => `à ${name} seulement`,
  reply: "Répondre",
  replying: (name) => `Réponse à ${name} :`,
  editing: "Modification :",
  edited: "modifié",
  lineTooLong: (length, max) =>
    `C'est trop long pour un message : ${digits(length)} caractères, ` +
    `${digits(max)} au plus. Envoyez un fichier, ou plusieurs messages.`,
  editedBy: (name) => `modifié par ${name}`,
  editedGone: "Le message que vous modifiiez a été supprimé. Ce sera un nouveau message.",
  draftNotKept: "Ce navigateur ne peut pas garder ce que vous tapez : envoyez avant de fermer.",
  fileWithoutName: "fichier",
  addingFile: (name) => `Ajout de « ${name} »...`,
  fileTooLarge: (size, max) => `Trop gros : ce fichier fait ${size}, et ${max} est le maximum ici.`,
  quoteGone: "Ce à quoi ceci répond n'est pas ici.",
  deleteLine: "Supprimer ce message ?",
  deleteLineLead:
    "Il disparaît pour tout le groupe ; pour les absents, dès leur retour. Les copies que " +
    "quelqu'un en a faites lui restent.",
  deleteFileLead: (name) =>
    `« ${name} » disparaît pour tout le groupe ; pour les absents, dès leur retour. Qui l'a ` +
    "enregistré sur son appareil garde cette copie.",
  storing: "en cours",
  stored: "gardé ici, personne ne l'a encore",
  delivered: (count, of) => (of === 1 ? "remis" : `remis à ${count} sur ${of}`),
  earlier: (count) => `Messages précédents (${count})`,
  noLines: "Rien n'a encore été dit.",
  noLinesAlone:
    "Rien n'a encore été dit. Ceux que vous invitez liront ce que vous écrivez, même plus tard.",
  newLines: "Nouveau",
  found: (count) => many(count, "message", "messages"),
  typing: (names) =>
    names.length === 1 ? `${names[0]} écrit...` : `${names.join(", ")} écrivent...`,
  notify: "Notifications",
  previewOf: (name) => `Aperçu de ${name}`,

  tools: "Outils",
  toolNames: {
    select: "Choisir et déplacer",
    pen: "Crayon",
    line: "Ligne",
    arrow: "Flèche",
    rect: "Rectangle",
    ellipse: "Ellipse",
    text: "Texte",
    hand: "Déplacer la vue",
  },
  inks: ["noir", "rouge", "orange", "vert", "bleu", "violet"],
  widths: ["fin", "moyen", "épais"],
  steps: { undo: "Annuler", redo: "Rétablir", trash: "Supprimer la sélection" },
  notAPicture: "Ce fichier n'est pas une image que ce navigateur sache lire.",
  pictureTooRich: (edge) =>
    `Cette image est trop riche : elle ne tiendrait pas même avec ${digits(edge)} pixels.`,
  pictureReduced: (edge, before) =>
    `L'image a été réduite : ${digits(edge)} pixels de son grand côté sont gardés, ` +
    `sur ${digits(before)}.`,
  addImage: "Ajouter une image",
  addingPicture: "Ajout de l'image...",
  tooManyPictures: (max) => `${max} images à la fois, au plus.`,
  nothingLeft: "D'autres y ont travaillé depuis : cela reste comme c'est.",
  zoomIn: "Agrandir",
  zoomOut: "Réduire",
  fit: "Tout montrer",
  exportBoard: "Enregistrer une image",
  textOnBoard: "Texte sur le tableau",
  emptyBoard: "Dessinez quelque chose. Tous ceux qui sont là le voient aussitôt.",
  boardWith: (count) => `Le tableau, avec ${many(count, "élément", "éléments")}`,

  issues: "Numéros",
  noIssues:
    "Aucun numéro n'est encore arrivé. Il viendra tout seul quand quelqu'un qui l'a sera là.",
  nothingPublished: "Rien n'est encore publié.",
  nothingPublishedLead:
    "Écrivez un numéro, publiez-le, invitez vos lecteurs. Ils se le passent, même quand vous " +
    "n'êtes pas là.",
  writeFirst: "Écrire le premier numéro",
  writeIssue: "Écrire un numéro",
  goOnWriting: "Continuer d'écrire",
  draft: "Brouillon",
  noTitle: "Sans titre",
  writing: "Écrire",
  formatting: "Mise en forme",
  marks: {
    bold: "Gras (Ctrl+B)",
    italic: "Italique (Ctrl+I)",
    heading: "Titre",
    list: "Liste",
    quote: "Citation",
    link: "Lien (Ctrl+K)",
  },
  previewEmpty: "Ce que vous écrivez paraît ici comme vos lecteurs le verront.",
  words: (count) => many(count, "mot", "mots"),
  readers: (count, here) =>
    `${many(count, "lecteur", "lecteurs")}, ${here === 0 ? "aucun" : digits(here)} ici.`,
  readersNone: "Pas encore de lecteurs.",
  publishLead: (count) =>
    count === 0
      ? "Personne ne lit encore ceci. Qui sera invité plus tard le recevra aussi."
      : "Les lecteurs absents le recevront à leur retour.",
  publishedNote: (here) =>
    here > 0
      ? "Publié. Les lecteurs qui sont là l'ont dans un instant, les autres à leur retour."
      : "Publié et gardé ici. Vos lecteurs le recevront dès qu'ils viendront.",
  correctedNote: "Corrigé. Les lecteurs reçoivent ceci à la place de ce qu'ils ont.",
  withdrawnNote: "Retiré.",
  title: "Titre",
  markdown: "Texte",
  preview: "Aperçu",
  publish: "Publier",
  correct: "Corriger",
  withdraw: "Retirer",
  withdrawLead: (title) =>
    `« ${title} » et ses images disparaissent pour tous les lecteurs ; pour les absents, dès ` +
    "leur retour. Les copies que quelqu'un en a faites lui restent.",
  discardDraft: "Jeter le brouillon",
  discardDraftLead: "Ce que vous avez écrit ici sera perdu.",
  correctedMeanwhile: "Remplacer une correction plus récente ?",
  correctedMeanwhileLead: (name) =>
    `${name} a corrigé ce numéro pendant que vous écriviez. Votre texte prendrait sa place.`,
  issueGone: "Ce numéro a été retiré. Ce que vous publiez ici en sera un nouveau.",
  draftKept: "Le brouillon est gardé sur cet appareil.",
  flaws: {
    "no-title": "Il faut un titre.",
    "no-text": "Il n'y a encore rien à lire.",
    "too-long": "C'est trop long pour un seul numéro.",
  },
  signedBy: (name, key, at) => ` Signé par ${name} (${key}), ${moment(at)}`,
  correctedOn: (at) => `Corrigé le ${moment(at)}`,
  cameFrom: (name) => `Vous l'avez reçu de ${name}`,
  ownIssue: "Gardé sur cet appareil",
};
