// Every text of the page, to be translated in this one file.

export const t = {
  frame: {
    title: "The lab",
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
  watch: {
    scenesLabel: "Scenes",
    works: "Works",
    fails: "Fails",
    cure: "Cure:",
    asItFails: "none",
    ownGame: "A game of your own: the link carries its settings and data.",
    scenes: {
      slides: {
        name: "The slides' game",
        about:
          "Gale and Eglen's GAN: G makes numbers of noise, D learns to tell them from real ones. Press play; after some 500 iterations the two curves lie close to each other.",
      },
      ring: {
        name: "Ring of Gaussians",
        about:
          "The same game with points: eight narrow heaps in a ring. After some 600 iterations the fakes have found most of them.",
      },
      saturation: {
        name: "Saturation",
        about:
          "D learns alone first and is sure of every fake. There G's cost log(1 − D) is flat, so that G learns next to nothing and stays at the edge (Gale and Eglen, “Loss Saturation”).",
        cures: { flipped: "non-saturating cost" },
      },
      collapse: {
        name: "Mode collapse",
        about:
          "With five updates of D for each of G all fakes end at one or two of the eight heaps (Gale and Eglen, “Mode Collapse”).",
        cures: { penalty: "gradient penalty", spectral: "spectral normalisation" },
      },
      overconfident: {
        name: "Overconfident D",
        about:
          "A strong D is nearly always right, its belief near 0 or 1. What it teaches is steep and changes from place to place: the fakes jump about.",
        cures: { spectral: "spectral normalisation" },
      },
      oscillation: {
        name: "Oscillation",
        about:
          "The two chase each other: all fakes run to one side, D learns that, they run to the other.",
        cures: { updates: "five updates of D" },
      },
    },
    picture: "Picture of the game",
    layers: {
      label: "Shown in the picture",
      showReal: "real",
      showFake: "generated",
      showBelief: "D's belief: fake … real",
      showBest: "best belief D*",
      showBestField: "D* in place of D",
      showPulls: "gradient at the fakes",
    },
    data: {
      label: "G learns",
      numbers: "Numbers",
      points: "Points",
      mixture: "mixture of two normals",
      apart: "two peaks far apart",
      normal: "normal",
      uniform: "uniform",
      exponential: "exponential",
      curve: "a curve that I paint",
      ring: "ring of eight Gaussians",
      narrow: "the ring of Metz et al., narrow",
      painted: "points that I paint",
      own: "my own numbers",
    },
    paint: {
      curve: "Paint how often each number occurs: draw over the picture with mouse or finger.",
      painted: "Paint points into the picture with mouse or finger.",
      keyboard: "With the keyboard: take “my own numbers”.",
      clear: "Clear",
      few: (count, fewest) => `${count} painted points are too few; paint ${fewest} or more.`,
      full: (most) => `${most} points are painted; more would not fit into a link.`,
      nothing: "Nothing is painted yet.",
    },
    own: {
      summary: "My own numbers",
      label: "Numbers, one in a line; or points, two in a line",
      example: "1.5\n2.25\n…",
      learn: "Learn these",
      empty: "There are no numbers; give 8 or more, one in a line.",
      word: (word, place) => `“${word}” (entry ${place}) is no number; leave it out.`,
      few: (count, fewest) => `${count} are too few to learn from; give ${fewest} or more.`,
      many: (count, most) =>
        `${count.toLocaleString("en")} are too many for this page; give at most ${most.toLocaleString("en")}.`,
      letters: (count, most) =>
        `${count.toLocaleString("en")} letters are too many for this page; give at most ${most.toLocaleString("en")}, of 10,000 numbers.`,
      same: (low, high) =>
        `The numbers lie between ${low} and ${high}: there is no distribution to learn; give numbers that differ.`,
      read: (count, kind) => `${count.toLocaleString("en")} ${kind} are learnt now.`,
      kinds: { 1: "numbers", 2: "points" },
      long: "They are too many for the link: it does not carry them.",
    },
    buttons: {
      play: "Play",
      pause: "Pause",
      discriminator: "One D update",
      generator: "One G update",
      slow: "Slow motion",
      stage: "Next stage",
      restart: "Restart",
      link: "Copy link",
    },
    tips: {
      restart: "From the same seed: the same game again",
      slow: "Show stage by stage what an update does",
    },
    copied: "The link is copied; it opens this scene.",
    notCopied: "Copy the address line; it is the link to this scene.",
    ahead: (left) => `D learns alone first: ${left} more updates.`,
    ranAway: "The numbers have run away. Lower a learning rate and restart.",
    measures: {
      iteration: "Iteration",
      wasserstein: "Wasserstein-1",
      between: (value) => `real from real: ${value}`,
      modes: "Modes found",
      of: (found, all) => `${found} of ${all}`,
      none: "–",
    },
    charts: {
      loss: "Loss",
      accuracy: "Accuracy of D",
      wasserstein: "Wasserstein-1",
      d: "D",
      g: "G",
      real: "on reals",
      fake: "on fakes",
    },
    summary: (view) =>
      `Iteration ${view.iteration}. Wasserstein-1 ${view.distance}. Modes found: ${view.modes}.`,
    groups: { learning: "Learning", networks: "Networks, noise, seed", cures: "Cures" },
    settings: {
      generatorLearningRate: "Learning rate of G",
      discriminatorLearningRate: "Learning rate of D",
      batchSize: "Batch size",
      discriminatorUpdates: "Updates of D for each of G",
      optimizer: "Optimizer",
      generatorCost: "Cost of G",
      generatorUnits: "Hidden units of G",
      discriminatorUnits: "Hidden units of D",
      latent: "Length of the noise",
      noise: "Noise",
      headStart: "Updates of D before the game",
      seed: "Seed",
      labelSmoothing: "Label smoothing, reals",
      fakeSmoothing: "Label smoothing, fakes",
      dropout: "Dropout in D",
      replay: "Replay: fakes kept",
      replayShare: "Replay: share of old fakes",
      gradientPenalty: "Gradient penalty",
      normPenalty: "Norm penalty √(|W|₁|W|∞)",
      spectralNormalization: "Spectral normalisation",
      wasserstein: "Wasserstein game",
      clip: "Wasserstein: clip weights at",
    },
    values: {
      sgd: "gradient descent",
      rmsprop: "RMSprop",
      adam: "Adam",
      flipped: "−log D (non-saturating)",
      "zero-sum": "log(1 − D) (saturating)",
      "maximum-likelihood": "−D / (1 − D)",
      uniform: "uniform on (0, 1)",
      normal: "standard normal",
      off: "off",
      units: (widths) => widths.split(",").join(" + "),
    },
    flow: {
      label: "Data flow of an update",
      noise: "noise z",
      reals: "reals",
      fakes: "fakes",
      belief: "belief",
      loss: "loss",
      idle: "Slow motion shows here what an update does, stage by stage.",
      d: "Update of D",
      g: "Update of G",
      stages: {
        discriminator: [
          (n) => `G turns ${n.batch} draws of noise into ${n.batch} fakes.`,
          (n) => `${n.batch} real ones come beside them.`,
          (n) => `D judges all: it answers ${n.real} to reals and ${n.fake} to fakes, on average.`,
          (n) => `Its loss says how far that is from ${n.targets}.`,
          () => "The loss's gradient flows back through D. D's weights move; G's stay.",
        ],
        generator: [
          (n) => `G turns ${n.batch} new draws of noise into fakes.`,
          (n) => `D judges them: ${n.fake} on average. No reals take part.`,
          () => "G's cost is low where D is fooled.",
          () => "The cost's gradient flows back through D, which stays, to the fakes: the arrows.",
          () => "And on through G: G's weights move, so that the fakes follow the arrows.",
        ],
      },
    },
  },
  digits: {
    loading: "Unpacking the generator …",
    old: "This browser cannot unpack the generators; open the page in a newer one.",
    example: "Generator",
    examples: {
      mnist_wgan: "mnist_wgan: the digit you ask for",
      fashion_gan: "fashion_gan: clothes, dense layers",
      dcgan: "dcgan: clothes, convolutions",
      binarized_gan: "binarized_gan: digits, dense layers",
      bilinear_gan: "bilinear_gan: digits, bilinear upsampling",
    },
    classes: "The digit to draw",
    oneOf: (name) => `A ${name} that the generator draws`,
    one: {
      mnist: "A digit that the generator draws",
      fashion_mnist: "A piece of clothing that the generator draws",
    },
    told: (degrees, percent) =>
      `leans ${Math.abs(degrees)}° to the ${degrees < 0 ? "left" : "right"}; ink on ${percent} % of the image`,
    renew: "New noise",
    from: "Noise",
    png: "PNG",
    move: "Move the noise",
    pad: "Pad: the arrow keys move the dot",
    across: "Across",
    up: "Up",
    slant: "Slant",
    stroke_weight: "Stroke weight",
    number: (place) => `Number ${place}`,
    explained: (slant, weight) =>
      `Slant and stroke weight are directions of the noise, found by least squares. They explain ${slant} % and ${weight} % of how images differ in them. Of the noise’s numbers those come first that change the image most.`,
    all: (latent) => `The other numbers of the ${latent}`,
    reset: "Back to the noise as drawn",
    nearest: "Nearest real images",
    sets: { mnist: "MNIST", fashion_mnist: "Fashion-MNIST" },
    searched: (count, of, set, usual) =>
      `Searched, pixel by pixel: the first ${count.toLocaleString("en")} of ${set}’s ${of.toLocaleString("en")} training images, in sixteen greys. A copy would be at 0; a real test image is usually ${usual.toFixed(2)} from its nearest. Black is −1, white 1.`,
    other: (number, label) => `Training image ${number}: ${label}`,
    distance: (label, distance) => `${label}, ${distance.toFixed(2)}`,
    walk: "A walk to the next noise",
    walkLabel: "Ten pictures of the walk, from this noise to the next",
    walked: "Walked",
    play: "Walk",
    stop: "Stop",
    tens: "Ten digits from this noise",
    tensLabel: "The ten digits, 0 to 9, that the generator draws from this noise",
  },
  quiz: {
    loading: "Drawing the sheet …",
    of: "Fakes of",
    sheet: "Sheet",
    next: "Next sheet",
    task: (images, fakes, set) =>
      `${fakes} of these ${images} images are the generator’s; the others are test images of ${set}. Mark those that you believe to be fake.`,
    images: "The sheet",
    image: (number) => `Image ${number}`,
    marked: (count, fakes) => `Marked: ${count} of ${fakes}`,
    ask: "How many are right?",
    fake: "fake",
    real: "real",
    right: (right, of) => `${right} of ${of} are right.`,
    found: (found, fakes, suspected, reals) =>
      `You found ${found} of ${fakes} fakes and called ${suspected} of ${reals} real images fake. Marking none gives 24, marking twelve blindly 20 in the mean.`,
    name: "Your name",
    link: "Your link",
    copy: "Copy",
    copied: "Copied",
    copyYourself: "Copy it from the field",
    handIn:
      "Send the link to your teacher, or to the next one who plays: results in a link add up. It carries your name and your marks; nothing else is sent.",
    results: "The class’s results",
    howTo:
      "Give the class the address of this sheet. Each student’s link carries that student’s marks. Paste the links here, all at once or one after the other; this page’s address then carries them all.",
    pasted: "Links of the class",
    pastedHint: "…#tab=quiz&of=…&results=…",
    add: "Add",
    copyAll: "Copy a link with all of them",
    damaged: (count, start) =>
      `${count === 1 ? "One result is" : `${count} results are`} damaged and left out, the first begins with “${start}”; ask for that link again.`,
    none: "There is no result in it; paste whole links, as “Your link” shows them.",
    byExample: "Whose fakes are hard to tell?",
    heads: ["generator", "results", "right of 36", "fakes found of 12", "reals suspected of 24"],
    byName: "Who",
    nameHeads: ["name", "generator", "sheet", "right of 36", "fakes found", "reals suspected"],
    nameless: "without a name",
    byImage: (count) => `This sheet: how many of ${count} called it fake`,
    votes: (votes, of, what) => `${votes}/${of}, ${what}`,
  },
  follow: {
    how: "A run that trains on this machine",
    start: "Start a training in one terminal, and in another, with the folder that it names:",
    command: "python -m lab RUN",
    then: "This page then shows the run while it trains: its curves, its newest samples, its progress and scores. It only reads.",
    progress: "How far the run is",
    failures: "Failures on the way",
    nothing: "Nothing was logged yet.",
    iteration: "iteration",
    score: (name) => name.replaceAll("_", " "),
    samples: (iteration) =>
      iteration === null ? "Samples before training" : `Samples of iteration ${iteration.toLocaleString("en")}`,
    curve: (name, told) =>
      `${name} against the iteration; the last values: ${told.map(([column, value]) => `${column} ${value}`).join(", ")}`,
    gone: (run) => `No answer from the lab’s command; start it again: python -m lab ${run}`,
    where: ({ iteration, iterations, epoch, epochs, seconds, left, ended, age }) => {
      if (iteration === null) return "The run has begun.";
      const parts = [`Iteration ${iteration.toLocaleString("en")}${iterations ? ` of ${iterations.toLocaleString("en")}` : ""}`];
      if (epochs) parts.push(`epoch ${epoch} of ${epochs}`);
      parts.push(`trained for ${duration(seconds)}`);
      if (ended) parts.push("it has ended");
      else if (left !== null) parts.push(`about ${duration(left)} left`);
      if (!ended && age !== null) parts.push(`last written ${duration(age)} ago`);
      return `${parts.join(", ")}.`;
    },
  },
};

/** Seconds in the two largest units that matter, as in "3 h 20 min". */
function duration(seconds) {
  const minutes = seconds / 60;
  if (minutes < 1) return `${Math.round(seconds)} s`;
  if (minutes < 60) return `${Math.floor(minutes)} min${minutes < 10 ? ` ${Math.floor(seconds % 60)} s` : ""}`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${Math.floor(minutes % 60)} min`;
  return `${Math.floor(minutes / 1440)} days ${Math.floor((minutes / 60) % 24)} h`;
}
