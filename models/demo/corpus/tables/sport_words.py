"""Sports: their words, and sentence patterns of match reports.

Slots of team games: ``{a}`` is the sentence's team, ``{b}`` the other, ``{player}`` plays for ``{a}``,
``{min}`` is the minute, ``{score}`` the score after it seen from the home team.
"""

from models.demo.corpus.tables.packed import words

NICKNAMES = words(
    "Rovers; United; Tigers; Falcons; Sharks; Wolves; Panthers; Eagles; Comets; Lions; Bears; Kings; "
    "Rangers; Wanderers; Hornets; Bulls; Hawks; Dragons; Pirates; Giants; Rockets; Badgers; Foxes; Stags"
)

# sport -> what a score is called there, by points; the periods; who plays; where; special words.
TEAM_SPORTS: dict[str, dict[str, tuple[str, ...]]] = {
    "hockey": {
        "roles": words("[goalkeeper]; [striker]; [defender]; [captain]; [midfielder]"),
        "scores": words(
            "{player} [scored] from a [penalty corner] in the {min} minute to make it {score}.; "
            "In the {min} minute {player} lifted the ball over the [goalkeeper]: {score}.; "
            "{player} swung the [stick] and hit the [backboard] after {minutes} minutes, {score}.; "
            "A quick pass found {player}, and in the {min} minute it was {score}.; "
            "{a} won the [bully-off] and {player} [scored] in the {min} minute ({score})."
        ),
        "other": words(
            "{b} hit the [post] twice.; The [umpire] showed a [green card].; "
            "The [goalkeeper] saved a [penalty stroke].; A [stick] broke, and the [pitch] had to be swept."
        ),
        "venue": words("on the wet [pitch]; on the blue [turf]; at the [hockey] ground"),
    },
    "rugby": {
        "roles": words("[fly-half]; [hooker]; [full-back]; [prop]; [captain]; [scrum-half]"),
        "scores": words(
            "{player} [kicked] a [penalty] in the {min} minute for {score}.; "
            "After a long [scrum] {player} went over for a [try] in the {min} minute: {score}.; "
            "{player} caught the ball at the [line-out] and crossed the [try line] after {minutes} "
            "minutes, {score}.; "
            "In the {min} minute a [maul] rolled forward and {player} touched down to make it {score}.; "
            "{a} ran half the length of the field before {player} put the ball down in the {min} minute "
            "({score})."
        ),
        "other": words(
            "{b} lost the ball in the [ruck].; A [yellow card] left {b} with fourteen.; "
            "The [scrum] collapsed three times.; The [conversion] went wide in the wind."
        ),
        "venue": words("on a muddy field; at the old [rugby] ground; under the [floodlights]"),
    },
    "basketball": {
        "roles": words("[point guard]; [centre]; [forward]; [shooting guard]; [captain]"),
        "scores": words(
            "At the end of the {quarter} [quarter] it stood {score}, with {player} the best [scorer].; "
            "{player} hit a [three-pointer] with the [buzzer] to end the {quarter} [quarter] at {score}.; "
            "The {quarter} [quarter] belonged to {a}: {player} [dunked] twice for {score}.; "
            "{a} took every [rebound], and a [layup] by {player} closed the {quarter} [quarter] at {score}."
        ),
        "other": words(
            "{b} called a [time-out].; Five [fouls] sent a [centre] to the bench.; "
            "The [free throws] of {b} rolled off the [rim].; A loose shoe stopped the [dribble]."
        ),
        "venue": words("in the sports hall; before a loud [court]; in a full arena"),
    },
    "football": {
        "roles": words("[goalkeeper]; [striker]; [winger]; [captain]; [defender]"),
        "scores": words(
            "{player} [headed] the ball in after {minutes} minutes, {score}.; "
            "In the {min} minute {player} [scored] from twenty metres: {score}.; "
            "A [free kick] by {player} made it {score} in the {min} minute."
        ),
        "other": words("The [referee] gave no [penalty].; {b} hit the [crossbar].; A [corner] came to nothing."),
        "venue": words("at the [stadium]; on a bumpy [pitch]"),
    },
}

OPENINGS = words(
    "{winner} beat {loser} {result} {venue} on {day}.; {winner} have won again: {result} against {loser}.; "
    "On {day} {winner} and {loser} met {venue}, and after a long fight it ended {result}.; "
    "It took {winner} all their strength to beat {loser} {result}.; "
    "{loser} lost {result} to {winner} on {day}.; "
    "Nobody had expected it, but {winner} beat {loser} {result}.; "
    "{many} [spectators] saw {winner} win {result} against {loser} {venue}."
)
DRAWS = words(
    "{winner} and {loser} [drew] {result} {venue} on {day}.; "
    "No [winner] on {day}: {winner} and {loser} ended at {result}.; "
    "A fair [draw]: {result} between {winner} and {loser}."
)
TITLES = words(
    "{sport}: {home} {final} {away}; {home} - {away} {final}; {sport} report; {winner} win against {loser}; "
    "[Match] report: {home} against {away}; {sport}, {day}: {home} {final} {away}"
)
DRAW_TITLES = words(
    "{sport}: {home} {final} {away}; {home} - {away} {final}; {sport} report; No [winner] in {town}; "
    "[Match] report: {home} against {away}"
)
CROWD = words(
    "Among the [fans] were {people} who had come to see it.; {a_person} sold {things} before the {match}.; "
    "The {match} began late because {event}.; The [fans] sang, and somebody waved {a_thing}.; "
    "The [mascot], dressed as {a_person}, danced along the side.; "
    "Everybody was still talking about how {event}.; At half-time the [fans] said that {problem}.; "
    "{friend}, {a_person} and lifelong [fan], watched the whole {match} {place}.; "
    "The day before, {problem}, but the {match} took place all the same.; "
    "Behind the [fans] stood {a_noun}, brought along for luck."
)
QUOTES = words(
    '"{say}" said [coach] {coach} after the [match].; "{say}" said the [coach], {coach}.; '
    '[Coach] {coach} was {feeling}: "{say2}"; "{say}" {coach}, the [captain] of {winner}, said.'
)
SAYINGS = {
    "cheerful": words(
        "I am so proud of this team; We played with joy from the first minute; "
        "It is the best day of my life; Tonight we dance; The [fans] carried us; "
        "We will {activity_base} to celebrate"
    ),
    "gloomy": words(
        "We have nothing to be proud of; I have no words for this; "
        "It was a sad evening, whatever the score says; Nobody cared enough; We were tired from the start; "
        "I would rather {activity_base} than see that again"
    ),
    "plain": words(
        "We kept to our plan; We trained hard for this; The second half decided it; "
        "A team has to learn from every [match]; We could have [scored] more; "
        "We will rest, {activity_base} and train again; "
        "A [coach] is like {a_person}, always waiting for the next chance"
    ),
}
NEXT = words(
    "Next [week] {winner} play in {town}.; The next [match] is on {day}.; "
    "{winner} now lead the [league] by {few} points.; {loser} stay at the bottom of the [table].; "
    "The [final] will be played in {town} on {day}.; Training goes on {place}.; "
    "After the [final whistle] the [players] wanted to {activity_base}."
)

TENNIS_SETS = words(
    "{a} won the {nth} [set] {games}.; The {nth} [set] went to {a}, {games}.; "
    "In the {nth} [set] {a} broke the [serve] of {b} and won {games}.; "
    "With an [ace] down the middle {a} closed the {nth} [set] at {games}.; "
    "{b} made too many [double faults], and the {nth} [set] was lost {games}."
)
TENNIS_OTHER = words(
    "One [rally] lasted {few} minutes.; {b} threw the [racket] to the ground.; "
    "A [backhand] hit the top of the [net].; The [umpire] asked for silence.; "
    "A [ball boy] fainted in the heat.; {a} kept coming to the [net] for a [volley].; "
    "The [lob] landed on the [baseline]."
)
CRICKET = words(
    "{a} won the [toss] and chose to [bat].; "
    "{player} made {runs} [runs] before a [catch] at [slip] ended the [innings].; "
    "{bowler} took {wickets} [wickets] for {b}."
)
CRICKET_OTHER = words(
    "Rain stopped play for an hour, and both teams drank tea.; "
    "The last [over] was played in near darkness.; The [umpire] raised his finger for [leg before wicket].; "
    "A [six] landed {place}.; {b} never found a [bowler] to stop them."
)
# race -> the distances, what the racers do, the words of it.
RACES: dict[str, dict[str, tuple[str, ...]]] = {
    "running": {
        "distance": words("800 metres; 1500 metres; 5000 metres; 10 kilometres; cross-country race; marathon"),
        "line": words(
            "{first} led from the [starting gun].; "
            "{second} took the lead on the {nth} [lap] but tired before the [bend].; "
            "{third} fell at the water table and still came third.; "
            "On the last [lap] {first} began to [sprint].; "
            "The [pace] was fast, and three [runners] gave up.; "
            "{first} tied a loose [shoelace] at the start and ran from the back."
        ),
        "end": words(
            "{first} crossed the [finish line] in {time1}, ahead of {second} ({time2}) and {third} "
            "({time3}).; "
            "At the [finish line] it was {first} in {time1}, then {second} in {time2} and {third} in "
            "{time3}."
        ),
    },
    "swimming": {
        "distance": words(
            "100 metres freestyle; 200 metres butterfly; 100 metres backstroke; 400 metres freestyle; "
            "200 metres breaststroke"
        ),
        "line": words(
            "{first} was quick off the [starting block].; {second} was ahead at the first [turn].; "
            "{third} swam in the outer [lane] and was seen too late.; "
            "{first} stayed under water longer than anyone after the [dive].; "
            "The [pool] was so loud that nobody heard the bell.; "
            "Under the [goggles] of {second} there were tears.; "
            "Over the last [length] {first} doubled the [strokes]."
        ),
        "end": words(
            "{first} touched the [wall] in {time1}, {second} followed in {time2} and {third} in {time3}.; "
            "The clock over the [pool] showed {time1} for {first}, {time2} for {second} and {time3} for "
            "{third}."
        ),
    },
    "cycling": {
        "distance": words("40 kilometres; 90 kilometres; 120 kilometres; mountain stage; time trial"),
        "line": words(
            "{first} broke away from the [peloton] at the first [climb].; "
            "{second} had a [puncture] and changed the [wheel].; "
            "{third} lost the [chain] and caught up again.; "
            "On the [descent] {first} hardly touched the [brakes].; "
            "The [riders] pedalled against the wind.; {second} drank the last of the water and attacked."
        ),
        "end": words(
            "{first} won the [sprint] in {time1}, with {second} ({time2}) and {third} ({time3}) behind.; "
            "{first} rolled over the line after {time1}, while {second} needed {time2} and {third} {time3}."
        ),
    },
}
RACE_OPENINGS = words(
    "{first} of {town} has won the {distance} in {town2}.; "
    "{people} lined the course when {first} won the {distance} on {day}.; "
    "The {distance} in {town} had a surprising [winner]: {first}.; On {day} the {distance} began {place}.; "
    "A [gold medal] for {first}: the {distance} ended with a new [record]."
)
RACE_TITLES = words(
    "{sport}: {first} wins in {town}; {sport} report; {first} wins the {distance}; A new [record] for {first}"
)
RACE_QUOTES = words(
    '"{say}" said {first} afterwards.; "{say}" said {first}, still out of breath.; '
    '{first} was {feeling}: "{say2}"; Asked about it all, {first} said, "{say2}"; '
    '"{say}" said {first} to the [reporters].'
)
TENNIS_SAYINGS = {
    "cheerful": words(
        "I have never been so happy; My [racket] was dancing today; Thank you all for cheering; "
        "Tonight I will {activity_base}; What a joy to play here"
    ),
    "gloomy": words(
        "I feel nothing at all; I have no words for this; It was a sad [match] for both of us; "
        "I would rather {activity_base} than play like that again"
    ),
    "plain": words(
        "My [serve] was better than last week; I kept to my plan; I train before breakfast every day; "
        "I used to {activity_base} to stay calm; It was close until the last [set]; "
        "A player is like {a_person}, always waiting for a chance"
    ),
}
RACE_SAYINGS = {
    "cheerful": words(
        "I could run it all again; I am so happy; My heart is singing; Thank you all for cheering; "
        "Tonight I will {activity_base}"
    ),
    "gloomy": words(
        "It hurt from the first metre; I feel nothing at all; Nobody waited for me; I only wanted it to end"
    ),
    "plain": words(
        "I kept my rhythm; I train before breakfast every day; The wind helped a little; "
        "I used to {activity_base} to get strong; The others were better today than last year"
    ),
}
RACE_SAYINGS["cheerful"] += RACE_SAYINGS["plain"][:1]
FEELINGS = {
    "cheerful": words("delighted; overjoyed; in tears of joy"),
    "gloomy": words("downcast; bitter; close to tears"),
    "plain": words("calm; satisfied; thoughtful"),
}
