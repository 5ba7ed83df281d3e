import type { Words } from "./texts-en.js";

// French counts from nothing to one as one, and writes numbers its own way.
const many = (count: number, one: string, more: string): string =>
  `${count.toLocaleString("fr")} ${count < 2 ? one : more}`;

/** The words of the inspector, in French. */
export const fr: Words = {
  language: "fr",
  title: "Connexions",
  lead: "Ce que cette page voit des autres, maintenant.",
  picture: "Le maillage, vu de cette page",
  you: "vous",
  pictureSays: (linked, known) =>
    known === 0 ? "On ne connaît personne d'autre ici." : `Relié à ${linked} sur ${known} autres.`,
  more: (count) => `et ${many(count, "autre", "autres")}`,
  nobody: "On ne connaît encore personne d'autre ici.",
  ms: (ms) => `${ms < 10 ? ms.toFixed(1).replace(".", ",") : Math.round(ms)} ms`,
  relay: "relais",
  legend: {
    eager: "les nouveautés y vont aussitôt",
    lazy: "leur nom seul : elles arrivent d'abord par un autre lien",
    broken: "rompu, en réparation",
    far: "connu, non relié",
  },
  room: "Affiché",
  roomName: (fingerprint) => `Salle ${fingerprint}`,
  groupName: (id) => `Groupe ${id.slice(0, 6)}`,

  findings: "Ce qui ne va pas, ou mérite d'être su",
  fine: "Tout va bien.",
  kinds: { problem: "Problème", note: "Remarque" },
  found: {
    offline: () =>
      "Aucun serveur n'est joignable. Les liens existants continuent ; on ne trouve personne de " +
      "nouveau.",
    "no-server": () => "Aucun serveur n'est nommé : on ne peut relier les autres qu'à la main.",
    connecting: () => "Aucun serveur n'a encore répondu.",
    relayed: () => "Par un relais (TURN) ou une autre page, qui transmet sans pouvoir lire.",
    indirect: (count) =>
      `${many(count, "page n'est pas reliée", "pages ne sont pas reliées")}, car la salle est ` +
      "grande : d'autres transmettent ce qui est dit à tous.",
    alone: () => "Aucun autre membre n'est relié : on ne sait pas ce qui manque ici.",
    missing: (count) =>
      `${many(count, "enregistrement est encore", "enregistrements sont encore")} en route.`,
    "set-aside": (count) =>
      `${many(count, "version", "versions")} de quelqu'un qui a été exclu : à un administrateur ` +
      "d'en décider.",
  },
  foundAbout: (names, words) => `${names.join(", ")} : ${words}`,
  again: (seconds) => (seconds > 0 ? `Nouvel essai dans ${seconds} s.` : "Nouvel essai en cours."),

  people: "Les autres",
  person: "Qui",
  path: "Chemin",
  trip: "Aller-retour",
  holds: "Manque",
  indirect: (count) => `${many(count, "page", "pages")} de plus, par celles-ci.`,
  states: {
    connecting: "liaison en cours",
    direct: "direct",
    relayed: "par un relais",
    recovering: "rompu, en réparation",
    indirect: "par d'autres",
    left: "parti",
  },
  own: "par leurs propres adresses",
  routers: "à travers des routeurs",
  routes: { mesh: "établi par des membres", manual: "établi à la main" },
  failed: (count, reason) =>
    `${count === 1 ? "Échec" : `${count.toLocaleString("fr")} échecs`} : ${reason}`,
  missingHere: (count) => `${count} ici`,
  missingThere: (count) => `${count} là-bas`,
  comparing: "comparaison",
  allEqual: "rien",
  unknown: "-",

  group: "Enregistrements",
  sync: {
    alone: "Personne n'est là pour comparer",
    syncing: "Comparaison et transfert",
    synced: "Tout ce que les autres ont est ici",
  },
  records: "Enregistrements ici",
  missing: "Manquants connus",
  members: "Membres",
  membersHere: (here, all) =>
    all === 1 ? "vous seul" : `${all}, ${many(here, "autre est là", "autres sont là")}`,
  clock: "Horloge",
  clockRight: "à l'heure",
  clockAdded: (ms) => `${ms > 0 ? "+" : ""}${Math.round(ms)} ms pour le groupe`,
  clockWrong: (seconds) =>
    `${seconds > 0 ? "retarde" : "avance"} de ${Math.abs(seconds)} s sur les membres`,
  store: "Gardé sur cet appareil",
  storeWorks: "oui",

  servers: "Serveurs",
  serverStates: { dialing: "appel", open: "connecté", waiting: "en attente", closed: "fermé" },
  noServers: "Aucun.",

  copy: "Tout copier en texte",
  copyLead:
    "Identifiants, adresses de serveurs et nombres : ni noms, ni liens, ni clés, ni écrits.",
  copied: "Copié",
  copyByHand: "Appuyez sur Ctrl+C pour copier",
  json: "Tout, en texte",

  name: "Inspecteur Lacis",
  ownLead:
    "Voyez qui est relié à qui dans une salle, combien de temps prennent les messages, et ce qui " +
    "ne va pas. Cette page entre dans la salle comme une page de plus, et montre ce " +
    "qu'elle en voit.",
  link: "Lien d'une salle",
  look: "Entrer et regarder",
  joining: "Entrée...",
  stop: "Quitter la salle",
  ofGroup:
    "C'est une invitation à un groupe. Un groupe ne se montre qu'à ses membres, et regarder ne " +
    "doit pas consommer une invitation. Ouvrez le groupe, puis ses détails, puis Connexions.",
  toApps: "Ouvrir les groupes de ce navigateur",
  groupsLead:
    "Un groupe se regarde de l'intérieur : ouvrez-le, puis ses détails, puis Connexions. Votre " +
    "propre application obtient la même chose de peer.diagnose().",
};
