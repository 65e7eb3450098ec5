"""German words and sentence patterns.

Nouns are ``singular, plural, gender``; verbs ``infinitive, present, past, participle, rest``. Slots as in
the French table; articles by case: ``.ein .einen .einem .der .den .dem``, some with ``_adj``; ``.die`` for
the plural, ``.er`` for the pronoun; verbs have ``.mid`` and ``.pres_mid`` without their ``.rest``.
"""

from models.demo.corpus.tables.packed import words

LIVING = words(
    "Katze, Katzen, f; Hund, Hunde, m; Maus, Mäuse, f; Huhn, Hühner, n; Kuh, Kühe, f; Pferd, Pferde, n; "
    "Fuchs, Füchse, m; Wolf, Wölfe, m; Kaninchen, Kaninchen, n; Schildkröte, Schildkröten, f; "
    "Mädchen, Mädchen, n; Bäcker, Bäcker, m; Fischer, Fischer, m; Hexe, Hexen, f; Königin, Königinnen, f; "
    "Briefträger, Briefträger, m; Nachbarin, Nachbarinnen, f; Vogel, Vögel, m; Schaf, Schafe, n; "
    "Biene, Bienen, f; Frosch, Frösche, m; Arzt, Ärzte, m; Lehrerin, Lehrerinnen, f; Esel, Esel, m; "
    "Kind, Kinder, n; Igel, Igel, m; König, Könige, m"
)
THINGS = words(
    "Buch, Bücher, n; Schlüssel, Schlüssel, m; Brief, Briefe, m; Korb, Körbe, m; Apfel, Äpfel, m; "
    "Kuchen, Kuchen, m; Hut, Hüte, m; Stuhl, Stühle, m; Fenster, Fenster, n; Boot, Boote, n; "
    "Lampe, Lampen, f; Blume, Blumen, f; Stein, Steine, m; Uhr, Uhren, f; Geschenk, Geschenke, n; "
    "Tasse, Tassen, f; Flasche, Flaschen, f; Fahrrad, Fahrräder, n; Bild, Bilder, n; Ei, Eier, n; "
    "Kleid, Kleider, n; Regenschirm, Regenschirme, m; Messer, Messer, n; Hemd, Hemden, n; "
    "Koffer, Koffer, m; Trommel, Trommeln, f; Leiter, Leitern, f; Glocke, Glocken, f; Laterne, Laternen, f"
)
AFTER = words(
    "rot; grün; blau; schwarz; weiß; rund; seltsam; leicht; schwer; kostbar; alt; neu; schön; klein; groß; "
    "wunderbar; verloren; golden"
)
LIVELY = words(
    "neugierig; freundlich; schlau; schüchtern; mutig; faul; hungrig; einsam; höflich; klein; jung; alt; müde; frech"
)
VERBS = words(
    "suchen, sucht, suchte, gesucht,; finden, findet, fand, gefunden,; "
    "verstecken, versteckt, versteckte, versteckt,; kaufen, kauft, kaufte, gekauft,; "
    "nehmen, nimmt, nahm, genommen,; verlieren, verliert, verlor, verloren,; "
    "tragen, trägt, trug, getragen,; verkaufen, verkauft, verkaufte, verkauft,; "
    "behalten, behält, behielt, behalten,; sehen, sieht, sah, gesehen,; waschen, wäscht, wusch, gewaschen,; "
    "malen, malt, malte, gemalt,; holen, holt, holte, geholt,; vergessen, vergisst, vergaß, vergessen,; "
    "reparieren, repariert, reparierte, repariert,; bringen, bringt, brachte, gebracht,"
)
# Verbs without an object: the rest comes after the finite verb and before an infinitive or participle.
ACTS = words(
    "tanzen, tanzt, tanzte, getanzt, auf der Straße; singen, singt, sang, gesungen, mit leiser Stimme; "
    "schlafen, schläft, schlief, geschlafen, unter einem Baum; "
    "arbeiten, arbeitet, arbeitete, gearbeitet, im Garten; warten, wartet, wartete, gewartet, vor der Tür; "
    "lachen, lacht, lachte, gelacht, aus vollem Herzen; "
    "spielen, spielt, spielte, gespielt, mit den Kindern; essen, isst, aß, gegessen, Brot mit Käse; "
    "lesen, liest, las, gelesen, bis Mitternacht; weinen, weint, weinte, geweint, ganz leise; "
    "trinken, trinkt, trank, getrunken, einen Kaffee; "
    "schreiben, schreibt, schrieb, geschrieben, einen langen Brief; "
    "kochen, kocht, kochte, gekocht, eine Suppe; träumen, träumt, träumte, geträumt, von der Reise"
)
SHE = words("Marie; Greta; Lena; Hanna; Klara; Johanna; Frieda; Lotte; Anneliese; Ursula; Heidi; Paula")
HE = words("Peter; Lukas; Anton; Matthias; Jürgen; Karl; Friedrich; Jonas; Otto; Stefan; Emil; Johannes")
PLACES = words(
    "im Wald; auf dem Markt; am Meer; am Bahnhof; in einem Dorf; hinter der Kirche; am See; auf dem Platz; "
    "in der Küche; in der Schule; bei meiner Tante; auf dem Berg; im Garten; unter der Brücke; "
    "auf dem Bauernhof"
)
TOWNS = words("Berlin; Hamburg; München; Köln; Leipzig; Dresden; Bremen; Freiburg; Lübeck; Weimar")
TIMES = words(
    "Gestern; Heute Morgen; Eines Tages; Am Sonntag; Letzte Woche; In der Nacht; Gestern Abend; Im Sommer; Am Montag"
)
FEELS = words("froh; traurig; müde; stolz; besorgt; überrascht; glücklich; allein; ruhig; wütend; krank; zufrieden")
SAYINGS = words(
    "Wo ist {t.der}?; Das ist {t.mein}!; Ich weiß es nicht.; Vielen Dank!; Wir müssen gehen.; "
    "Siehst du {t.den}?; Was für eine Überraschung!; Warte auf mich!; Ich habe keine Angst.; "
    "Du hast recht.; Wir haben uns verlaufen.; Komm mit mir."
)
WEATHER = words(
    "Es regnete.; Es war sehr kalt.; Die Sonne schien.; Der Wind blies stark.; Es schneite.; "
    "Es war dunkel.; Der Himmel war grau.; Es war heiß.; Es war Frühling.; Die Straßen waren leer."
)
STORY = (
    words(
        "Es war einmal {a.ein_adj}.; {place_cap} lebte {a.ein_adj}.; {time} {w.mid} {a.ein_adj}{w.rest}.; "
        "Das ist die Geschichte von {a.einem} und von {t.einem}.; {time} traf {p} {place} {a.einen_adj}.; "
        "{weather} {a.ein_adj_cap} {w.past}."
    ),
    words(
        "{weather} {time} {v.past} {a.der} {t.einen_adj}.; {a.er_cap} wollte nicht {w.inf}.; "
        "{a.er_cap} wollte {place} {w.inf}.; {a.der_cap} {w.past}, und dann {v.past} {a.er} {t.einen_adj}.; "
        "Jeden Abend wollte {a.der} {t.einen} {v.inf}."
    ),
    words(
        "„{say}“, sagte {p}.; {p} {v2.past} {t.den}, ohne etwas zu sagen.; Aber {t.der} war nicht mehr da.; "
        "Da {w2.mid} {p}{w2.rest}.; „{say}“, rief {a.der}.; Plötzlich {v2.past} {b.ein_adj} {t.den}.; "
        "Niemand hatte {b.den} gesehen, denn {b.er} {w2.past}."
    ),
    words(
        "{b.der_cap} und {a.der} wurden Freunde.; Weil {t.der} so {t.adj} war, {w3.mid} {p}{w3.rest}.; "
        "{p} war {p.feel}.; Zusammen suchten sie {place} {t.den}.; "
        "{weather} Trotzdem {w3.mid} {a.der}{w3.rest}.; {a.er_cap} hatte noch nie {t2.einen_adj} gesehen."
    ),
    words(
        "Seit diesem Tag {v.pres} {a.der} immer {t.die}.; Am Ende {w4.mid} {p}{w4.rest}.; "
        "Und {a.der} {w4.past} bis zum Morgen.; Alle waren zufrieden.; "
        "So endet die Geschichte von {a.dem}.; Von {t.dem} sprach niemand mehr."
    ),
)
LETTER = (
    words(
        "{q.lieb_cap} {q},; Hallo {q},; Liebe Familie,; {town}, den {n}. Mai\n{q.lieb_cap} {q},; "
        "{q.lieb_cap} {q}, wie geht es dir?"
    ),
    words(
        "ich schreibe dir aus {town}.; danke für {t.den}.; ich bin {me.feel}, seit du fort bist.; "
        "ich habe {t.einen_adj} für dich.; ich denke oft an dich, vor allem, wenn ich {place} bin."
    ),
    words(
        "{time} habe ich {place} {t.einen_adj} {v.part}.; {weather} Da habe ich {w.part}.; "
        "{p} hat mir {a.einen_adj} gezeigt.; Erinnerst du dich an {a.den}? Gestern hat {a.er} {w.part}."
    ),
    words(
        "Morgen will ich {t2.einen} {v2.inf}.; {p} ist {p.feel}, weil {p.er} immer {w2.inf} muss.; "
        "Hier {w2.pres_mid} {a.der} der Nachbarin jeden Tag{w2.rest}.; Ich habe auch {b.einen_adj} gesehen."
    ),
    words(
        "Wann kommst du?; Kannst du mir {t3.einen} schicken?; Vergiss {t3.den} nicht.; Grüße {r} von mir.; "
        "Hast du noch {t3.meinen}?"
    ),
    words("Viele Grüße\n{me}; Bis bald\n{me}; Alles Liebe\n{me}; Herzliche Grüße\n{me}"),
)
DIARY = (
    words("Liebes Tagebuch,; Montag.; {n}. Juni.; Freitagabend.; {town}, den {n}. Oktober."),
    words(
        "heute habe ich {t.einen_adj} {v.part}.; heute Morgen habe ich {w.part}.; "
        "was für ein Tag! Ich habe {place} {t.den} {v.part}."
    ),
    words(
        "{weather} Ich war {me.feel}.; {p} hat {w2.part}, und ich auch.; "
        "Ich habe {place} {a.einen_adj} getroffen.; Ich konnte {t2.den} nicht finden."
    ),
    words(
        "{p} hat gesagt: „{said}“; Dann hat {a.ein_adj} {t2.einen_adj} {v2.part}.; "
        "Mittags habe ich {w3.part}.; Ich habe {t3.meinen} verloren und war {me.feel}."
    ),
    words(
        "Morgen werde ich {t3.einen} {v3.inf}.; Heute Abend will ich {w4.inf}.; "
        "Jetzt bin ich {me.feel} und gehe schlafen.; Gute Nacht, liebes Tagebuch."
    ),
)
QA = words(
    "Wo ist {t.der}? = {t.er_cap} ist {place}.; Was macht {a.der}? = {a.er_cap} {w.pres}.; "
    "Welche Farbe hat {t.der}? = {t.er_cap} ist {t.colour}.; "
    "Wer hat {t.den} {v.part}? = {p} hat {t.den} {v.part}.; "
    "Ist {p} {p.feel}? = Ja, {p.er} ist sehr {p.feel}.; "
    "Hast du {a.den} gesehen? = Nein, ich habe {a.den} nicht gesehen.; "
    "Wie viele {t.many} hast du? = Ich habe {num} {t.many}.; Wo wohnst du? = Ich wohne in {town}.; "
    "Was willst du morgen machen? = Morgen will ich {w.inf}.; "
    "Warum lacht {p}? = Weil {a.der} {t.den} {v.part} hat.; Wie war das Wetter? = {weather}; "
    "Wie heißt du? = Ich heiße {p}.; Kannst du mir {t.den} geben? = Natürlich, hier ist {t.er}."
)
COLOURS = words("rot; grün; blau; schwarz; weiß; gelb; grau; braun")
NUMBERS = words("zwei; drei; vier; fünf; sechs; sieben; acht; neun; zehn")
DESCRIPTION = (
    words("Das ist meine Stadt, {town}.; Ich wohne {place}.; Mein Haus steht {place}.; Ich kenne {town} gut."),
    words(
        "Dort gibt es {t.einen_adj} und {t2.einen_adj}.; Man sieht {a.einen_adj} und {b.einen_adj}.; "
        "Jeden Morgen {w.pres_mid} {a.der}{w.rest}."
    ),
    words(
        "{a.der_cap} {w2.pres}, aber {b.der} {w3.pres}.; {p} {v.pres} {t2.einen_adj}.; "
        "{t.der_cap} ist {t.adj}.; Am Sonntag {w2.pres_mid} {p}{w2.rest}."
    ),
    words(
        "Ich mag {t3.die} und {a.die}.; Ich will nicht {w4.inf}.; "
        "Wenn es regnet, {w4.pres_mid} {b.der}{w4.rest}.; {p} sagt immer: „{said}“"
    ),
    words("Es ist ein ruhiger Ort.; Ich will hier nicht weg.; Besuche mich einmal!; Darum bin ich {me.feel}."),
)
