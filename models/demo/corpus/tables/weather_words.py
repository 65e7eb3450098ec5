"""Words and sentence patterns of weather reports; ``{t}`` is a temperature, ``{low}`` a lower one."""

from models.demo.corpus.tables.packed import words

# Each kind of weather: what the sky does (after a place: "in the north"), what falls, its winds, its advice.
KINDS: dict[str, dict[str, tuple[str, ...]]] = {
    "sunny": {
        "sky": words(
            "[sunshine] from morning to evening; a clear blue [sky]; long [sunny spells]; "
            "hardly a [cloud] in sight; bright [sunshine] after some early [haze]; dry and [sunny] weather"
        ),
        "verb": words(
            "it will stay dry and [sunny]; the [sun] will shine all day; the [sky] will be clear; "
            "[clouds] will be rare; the last [clouds] will break up by noon"
        ),
        "advice": words(
            "Bring a hat and plenty of water.; Do not forget the sun cream.; "
            "Keep the curtains closed at noon.; A fine day for a walk.; "
            "Those who want to {activity_base} could not wish for better."
        ),
    },
    "rain": {
        "sky": words(
            "heavy [rain]; [showers] one after the other; steady [drizzle]; grey [clouds] and light [rain]; "
            "some [rain] from the west; a wet start with [puddles] everywhere; [rain] for most of the day"
        ),
        "verb": words(
            "it will [rain] on and off; a band of [rain] will arrive by noon; "
            "[showers] will move in from the sea; the [rain] will hardly stop; "
            "up to {mm} millimetres of [rain] will fall"
        ),
        "advice": words(
            "Take an [umbrella].; Wear boots, not sandals.; Roads may [flood] in low places.; "
            "Anyone who wants to {activity_base} should wait.; Keep {a_thing} out of the [rain]."
        ),
    },
    "snow": {
        "sky": words(
            "light [snow]; heavy [snow] with deep [drifts]; a few [flakes] of [snow]; "
            "[sleet] and slippery roads; [frost] and a thin cover of [snow]; icy [gusts] and [snow] showers"
        ),
        "verb": words(
            "it will [snow] until the evening; {cm} centimetres of [snow] will fall; "
            "[sleet] will turn to [snow]; the [frost] will not lift all day; "
            "a cold [front] will bring [snow]"
        ),
        "advice": words(
            "Drive slowly and carry a shovel.; Wear gloves and two pairs of socks.; "
            "Clear the path before it [freezes].; Trains may be late.; Nobody should {activity_base} today."
        ),
    },
    "storm": {
        "sky": words(
            "a [storm] with strong [gusts]; [thunder] and [lightning]; a severe [gale]; "
            "[hail] as big as peas; black [clouds] and sudden [thunder]; a [storm] from the sea"
        ),
        "verb": words(
            "a [storm] will pass over; [gusts] will bring down branches; "
            "[thunder] will be heard until night; the [gale] will reach its peak at noon; "
            "[hail] is possible"
        ),
        "advice": words(
            "Stay indoors if you can.; Tie down whatever may fly away.; Keep away from tall trees.; "
            "Do not {activity_base} before the [storm] is over.; Close the windows well."
        ),
    },
    "fog": {
        "sky": words(
            "thick [fog]; patches of [mist]; grey [fog] that will not lift; low [clouds] and [mist]; "
            "[fog] in the morning and a pale [sun] later"
        ),
        "verb": words(
            "[fog] will lie in the valleys; the [mist] will lift slowly; "
            "you will hardly see across the street; [fog] will return after dark; "
            "it will stay grey and [foggy]"
        ),
        "advice": words(
            "Switch on your lights.; Allow more time for the way to work.; Ferries may be cancelled.; "
            "Walk carefully if you {activity_base}.; Listen before you cross the road."
        ),
    },
    "cloudy": {
        "sky": words(
            "grey [clouds]; a mix of [sun] and [clouds]; a dull and [cloudy] day; "
            "broken [clouds] and no rain; high [clouds] with some [sun]; [cloudy] but dry weather"
        ),
        "verb": words(
            "it will be [cloudy] but dry; [clouds] will gather in the afternoon; "
            "the [sun] will be seen now and then; the [sky] will stay grey; "
            "[clouds] and [sunshine] will take turns"
        ),
        "advice": words(
            "A light jacket is enough.; Good weather to {activity_base}.; Nothing to worry about.; "
            "Enjoy it before the weather turns.; The washing may hang outside."
        ),
    },
}

# Lowest and highest temperature of a season, and how likely each kind of weather is in it.
SEASONS: dict[str, tuple[int, int, dict[str, float]]] = {
    "winter": (-14, 5, {"snow": 5, "fog": 2, "cloudy": 2, "storm": 1, "sunny": 1, "rain": 1}),
    "spring": (6, 18, {"rain": 3, "sunny": 3, "cloudy": 3, "storm": 1, "fog": 1}),
    "summer": (18, 35, {"sunny": 5, "storm": 2, "cloudy": 2, "rain": 2}),
    "autumn": (4, 16, {"rain": 4, "fog": 3, "storm": 2, "cloudy": 2, "sunny": 1}),
}

WINDS = words(
    "a light [breeze] from the {way}; a fresh [wind] from the {way}; strong [winds] from the {way}; "
    "almost no [wind]; a weak [wind] from the {way}; [gusts] of up to {kmh} kilometres an hour; "
    "a cold [wind] from the {way}"
)
HOT = words("hot; very warm; baking hot")
WARM = words("warm; mild; pleasant")
COOL = words("cool; fresh; rather cool")
COLD = words("cold; freezing; bitterly cold; icy")

TITLES = words(
    "[Weather] forecast for {day}; The [weather] on {day}; {town}: [weather] for the next days; "
    "[Weather] report; [Weather] for {region}; Today's [weather]; The [weather] this {season}; "
    "[Forecast], {day} and {day2}"
)
OPENINGS = words(
    "Good morning, here is the [weather].; And now the [weather].; The {season} shows its usual face.; "
    "[High pressure] decides our [weather].; A [low] over the sea brings change.; "
    "The [weather] changes from hour to hour.; Yesterday {event}, but today the [weather] makes the news.; "
    "{people} have been asking about the [weather] all week.; Here is the [forecast] for {day}.; "
    "After the calm days of last week the [weather] turns.; A quiet day lies ahead.; "
    "The [weather station] {place} has new numbers."
)
REGION_LINES = words(
    "Across {region} expect {sky} and {t} degrees.; {region} will see {sky}, with {wind}.; "
    "Across {region} {verb}, at {low} to {t} degrees.; {region}: {sky}, {t} degrees.; "
    "It will be {feel} across {region}, where the [temperature] reaches {t} degrees, and {verb}.; "
    "For {region} we expect {sky} and the [temperature] will be around {t} degrees."
)
DAY_LINES = words(
    "On {day} {verb}, and the [temperature] climbs to {t} degrees.; {day} brings {sky} at {t} degrees.; "
    "{day} will be {feel}, with {sky} and {wind}.; "
    "On {day} expect {sky} and {wind}, at {low} to {t} degrees.; {day}: {sky}, {t} degrees, {wind}."
)
HOUR_LINES = words(
    "At {hour} o'clock the [thermometer] showed {t} degrees.; At {hour} o'clock {people} noticed {wind}.; "
    "By {hour} o'clock {people} {place} reported {sky}.; "
    "At {hour} o'clock {event}, and nobody looked at the [sky] any more."
)
NIGHTS = words(
    "Tonight the [temperature] falls to {low} degrees.; The night will be {feel}, at {low} degrees.; "
    "During the night expect {low} degrees and {wind}.; After dark it cools down to {low} degrees."
)
OUTLOOKS = words(
    "The [outlook]: more of the same.; The rest of the week stays {feel}.; "
    "On {day} the [weather] turns again.; No change before {day}.; A change is not in sight.; "
    "The next [forecast] follows at {hour} o'clock."
)
LOCAL = words(
    "{place} the ground is {ground}, so {tip}.; "
    "{people} who plan to {activity_base} should look at the [sky] first.; "
    "Because of the [weather], nobody will {activity_base} before {day}.; A word to every {person}: {tip}.; "
    "{place}, {a_thing} was left outside in the [weather].; "
    "{a_person} {place} called it the strangest {season} for years."
)
WARNINGS = words(
    "[Warning] of {what} for {region}.; [Weather warning]: {what} across {region}.; "
    "The [weather] service warns of {what} across {region}."
)
DANGERS: dict[str, tuple[str, ...]] = {
    "sunny": words("great [heat]; dry forests and [heat]; strong [sun]"),
    "rain": words("[floods]; heavy [rain]; rising rivers"),
    "snow": words("black [ice]; deep [snow]; severe [frost]"),
    "storm": words("a [storm]; [gale] force winds; [lightning]"),
    "fog": words("dense [fog]; poor sight"),
    "cloudy": words("a sudden change of [weather]; falling [temperatures]"),
}
GROUND = {
    "sunny": "dry",
    "rain": "soaked",
    "snow": "slippery",
    "storm": "covered with branches",
    "fog": "damp",
    "cloudy": "dry",
}
