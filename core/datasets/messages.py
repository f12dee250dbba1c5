"""Messages as bags of words, made up from a seed: a few common words, many rare ones that tell the class."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray


def _list(text: str) -> tuple[str, ...]:
    """Words, the most common first."""
    return tuple(text.split())


LINKING = _list("""
    the to and a of in it is for you that on we have with this at be are was as not but from they all so
    can will there what when if my our out up one about some more very just like time also been good then
    now here next week today tomorrow morning evening please thanks hello friends everyone anyone
""")

GARDENING = _list("""
    garden soil plants water seeds flowers roses tomatoes compost weeds bed lawn pruning spring roots
    leaves pots shed herbs basil harvest mulch fence hedge tulips beans lettuce carrots potatoes onions
    slugs snails bees apples pears plums cherries strawberries raspberries rhubarb spinach kale cabbage
    leeks garlic chives mint thyme rosemary sage parsley dill lavender daisies lilies irises peonies
    dahlias asters poppies sunflowers marigolds geraniums fuchsias hydrangeas clematis ivy honeysuckle
    jasmine wisteria ferns moss bulbs cuttings grafting seedlings greenhouse trellis trowel spade rake hoe
    wheelbarrow hose sprinkler shears secateurs manure peat loam clay gravel drainage frost blight mildew
    aphids earwigs whitefly ladybirds earthworms hoverflies pollen nectar perennial annual biennial
    deciduous evergreen espalier topiary pergola rockery allotment orchard vineyard gherkins courgettes
    aubergines artichokes asparagus fennel sorrel borage chervil lovage tarragon quince medlar mulberry
    damson
""")

ASTRONOMY = _list("""
    telescope stars moon planet sky mars jupiter saturn galaxy comet lens mirror orbit eclipse venus sun
    constellation orion nebula meteor mercury neptune uranus pluto asteroid crater binoculars eyepiece
    tripod mount aperture focus finder observatory dome polaris sirius vega betelgeuse rigel altair deneb
    antares arcturus capella aldebaran spica pleiades hyades andromeda cassiopeia perseus pegasus cygnus
    lyra aquila scorpius sagittarius taurus gemini leo virgo libra aries pisces aquarius capricornus draco
    cepheus supernova pulsar quasar neutron blackhole spectrum redshift parallax magnitude luminosity
    albedo zenith nadir azimuth altitude declination ascension ecliptic equinox solstice meridian horizon
    perihelion aphelion perigee apogee conjunction opposition transit occultation libration precession
    aurora zodiacal airglow twilight seeing collimation refractor reflector catadioptric barlow filter
    autoguider stacking darkframe flatfield exposure timelapse planisphere ephemeris almanac sundial
    astrolabe sextant gnomon analemma syzygy terminator regolith corona chromosphere photosphere sunspot
    prominence
""")


class Messages(NamedTuple):
    """Messages of two clubs: which words occur in each, `present` (n, words), and the club, `labels` (n,)."""

    words: tuple[str, ...]
    present: Array
    labels: Array


def messages(count: int, seed: int) -> Messages:
    """Messages that gardeners (0) and astronomers (1) might write: a few linking words, one to three of
    their subject, all drawn with Zipf's law from their lists, so that most words of a subject are rare.

    A word that occurs in none is left out. One subject word in twenty is of the other club.
    """
    rng = np.random.default_rng(seed)
    vocabulary = (*LINKING, *GARDENING, *ASTRONOMY)
    first = (0, len(LINKING), len(LINKING) + len(GARDENING))
    labels = rng.integers(0, 2, count)
    present = np.zeros((count, len(vocabulary)))
    for message, club in zip(present, labels, strict=True):
        message[rng.choice(len(LINKING), rng.integers(5, 11), p=_zipf(len(LINKING)))] = 1
        for _ in range(rng.integers(1, 4)):
            subject = club if rng.random() < 0.95 else 1 - club
            size = len(ASTRONOMY) if subject else len(GARDENING)
            message[first[1 + subject] + rng.choice(size, p=_zipf(size))] = 1
    used = present.any(axis=0)
    return Messages(tuple(np.array(vocabulary)[used].tolist()), present[:, used], labels)


def _zipf(size: int) -> Array:
    weights = 1 / np.arange(1.0, size + 1)
    return weights / weights.sum()
