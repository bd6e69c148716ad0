// Every text of the page, to be translated in this one file.

export const t = {
  frame: {
    title: "The lab",
    subtitle: "the games of five lectures on GANs, to play with",
    tabs: {
      watch: "Watch the game",
      digits: "Ask for digits",
      quiz: "Spot the fake",
      follow: "Follow a run",
    },
    tabsLabel: "What to do",
    foot: "All of it is computed in this page; nothing is sent anywhere.",
    licences: "Licences",
  },
  watch: {},
  digits: { soon: "Not yet." },
  quiz: { soon: "Not yet." },
  follow: { soon: "Not yet." },
};
