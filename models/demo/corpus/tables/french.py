"""French words and sentence patterns.

Nouns are ``singular, plural, gender``; verbs ``infinitive, present, participle, rest``. Slots: ``{p}``
somebody, with ``{p.il}`` and ``{p.feel}``; ``{a}`` an animal or person, ``{t}`` a thing, with articles ``.un
.le .les .un_adj .ce .mon`` and ``.il``; ``{v}`` a verb with an object, ``{w}`` one without, with ``.inf
.pres .past .past1``. A digit asks for another word of the kind.
"""

from models.demo.corpus.tables.packed import words

LIVING = words(
    "chat, chats, m; chien, chiens, m; souris, souris, f; poule, poules, f; vache, vaches, f; "
    "cheval, chevaux, m; renard, renards, m; loup, loups, m; lapin, lapins, m; tortue, tortues, f; "
    "fille, filles, f; garçon, garçons, m; boulanger, boulangers, m; pêcheur, pêcheurs, m; "
    "sorcière, sorcières, f; reine, reines, f; facteur, facteurs, m; voisine, voisines, f; "
    "oiseau, oiseaux, m; ours, ours, m; abeille, abeilles, f; grenouille, grenouilles, f; "
    "médecin, médecins, m; institutrice, institutrices, f; âne, ânes, m"
)
THINGS = words(
    "livre, livres, m; clé, clés, f; lettre, lettres, f; panier, paniers, m; pomme, pommes, f; "
    "gâteau, gâteaux, m; chapeau, chapeaux, m; chaise, chaises, f; fenêtre, fenêtres, f; "
    "bateau, bateaux, m; lampe, lampes, f; fleur, fleurs, f; pierre, pierres, f; montre, montres, f; "
    "cadeau, cadeaux, m; tasse, tasses, f; bouteille, bouteilles, f; vélo, vélos, m; image, images, f; "
    "œuf, œufs, m; robe, robes, f; parapluie, parapluies, m; couteau, couteaux, m; chemise, chemises, f; "
    "valise, valises, f; tambour, tambours, m; échelle, échelles, f; orange, oranges, f"
)
# Adjectives that follow the noun: masculine, feminine.
AFTER = words(
    "rouge, rouge; vert, verte; bleu, bleue; noir, noire; blanc, blanche; rond, ronde; étrange, étrange; "
    "léger, légère; lourd, lourde; fragile, fragile; précieux, précieuse; ordinaire, ordinaire; "
    "magnifique, magnifique; oublié, oubliée; brillant, brillante; doré, dorée"
)
LIVELY = words(
    "curieux, curieuse; gentil, gentille; rusé, rusée; timide, timide; courageux, courageuse; "
    "paresseux, paresseuse; bavard, bavarde; affamé, affamée; solitaire, solitaire; poli, polie; "
    "distrait, distraite"
)
BEFORE = words("petit, petite; grand, grande; joli, jolie; gros, grosse; vilain, vilaine")
VERBS = words(
    "chercher, cherche, cherché,; trouver, trouve, trouvé,; regarder, regarde, regardé,; "
    "cacher, cache, caché,; acheter, achète, acheté,; prendre, prend, pris,; perdre, perd, perdu,; "
    "porter, porte, porté,; vendre, vend, vendu,; garder, garde, gardé,; voir, voit, vu,; "
    "laver, lave, lavé,; dessiner, dessine, dessiné,; emprunter, emprunte, emprunté,; "
    "oublier, oublie, oublié,; réparer, répare, réparé,"
)
ACTS = words(
    "danser, danse, dansé, dans la rue; chanter, chante, chanté, à voix basse; "
    "dormir, dort, dormi, sous un arbre; courir, court, couru, vers la maison; "
    "travailler, travaille, travaillé, au jardin; nager, nage, nagé, dans le lac; "
    "attendre, attend, attendu, devant la porte; marcher, marche, marché, le long de la rivière; "
    "rire, rit, ri, de bon cœur; jouer, joue, joué, avec les enfants; "
    "manger, mange, mangé, du pain et du fromage; lire, lit, lu, jusqu'à minuit; "
    "pleurer, pleure, pleuré, en silence; boire, boit, bu, un café; écrire, écrit, écrit, une longue lettre"
)
SHE = words("Marie; Camille; Léa; Chloé; Juliette; Élise; Margot; Inès; Sophie; Amélie; Louise; Jeanne")
HE = words("Pierre; Luc; Antoine; Mathieu; Julien; Hugo; Théo; Nicolas; Bernard; Gaspard; Rémi; Étienne")
PLACES = words(
    "dans la forêt; au marché; près de la mer; à la gare; dans un village; derrière l'église; "
    "au bord du lac; sur la place; dans la cuisine; à l'école; chez ma tante; au sommet de la montagne; "
    "dans le jardin; sous le pont; à la ferme"
)
TOWNS = words("Lyon; Paris; Nantes; Lille; Bordeaux; Rouen; Dijon; Rennes; Marseille; Tours")
TIMES = words(
    "Hier; Ce matin; Un jour; Dimanche dernier; La semaine dernière; Pendant la nuit; Hier soir; "
    "L'été dernier; Lundi matin"
)
FEELS = words(
    "content, contente; triste, triste; fatigué, fatiguée; fier, fière; inquiet, inquiète; "
    "surpris, surprise; heureux, heureuse; seul, seule; calme, calme; furieux, furieuse"
)
SAYINGS = words(
    "Où est {t.le} ?; C'est {t.mon} !; Je ne sais pas.; Merci beaucoup !; Il faut partir.; "
    "Regarde {t.ce} !; Quelle surprise !; Attends-moi !; Je n'ai pas peur.; Tu as raison.; "
    "Nous sommes perdus.; Viens avec moi."
)
WEATHER = words(
    "Il pleuvait.; Il faisait très froid.; Le soleil brillait.; Le vent soufflait fort.; La neige tombait.; "
    "Il faisait nuit.; Le ciel était gris.; Il faisait chaud.; C'était le printemps.; "
    "Les rues étaient vides."
)

STORY = (
    words(
        "Il était une fois {a.un_adj} qui vivait {place}.; {place_cap} vivait {a.un_adj}.; "
        "{time}, {a.un_adj} {w.past} {place}.; Voici l'histoire d{a.d_un} et d{t.d_un}.; "
        "{time}, {p} a rencontré {a.un_adj} {place}.; {weather} {a.un_adj_cap} {w.past}."
    ),
    words(
        "{weather} {time}, {a.le} {v.past} {t.un_adj}.; {a.il_cap} ne voulait pas {w.inf}.; "
        "{a.il_cap} aimait {w.inf} {place}.; {time}, {a.le} {w.past}, puis {a.il} {v.past} {t.un_adj}.; "
        "Chaque soir, {a.le} voulait {v.inf} {t.un}."
    ),
    words(
        "« {say} », a dit {p}.; {p} {v2.past} {t.le} sans rien dire.; Mais {t.le} n'était plus là.; "
        "Alors {p} {w2.past}.; « {say} », a crié {a.le}.; Soudain, {b.un_adj} {v2.past} {t.le}.; "
        "Personne n'a vu {b.le}, car {b.il} {w2.past}."
    ),
    words(
        "Maintenant, {b.le} et {a.le} jouent ensemble.; Parce que {t.le} était {t.adj}, {p} {w3.past}.; "
        "{p} était {p.feel}.; {p} et {a.le} ont cherché {t.le} {place}.; "
        "{weather} Pourtant, {a.le} {w3.past}.; {a.il_cap} n'avait jamais vu {t2.un_adj}."
    ),
    words(
        "Depuis ce jour, {a.le} {v.pres} {t.les}.; À la fin, {p} {w4.past}.; "
        "Et {a.le} {w4.past} jusqu'au matin.; Tout le monde était content.; "
        "C'est la fin de l'histoire d{a.d_un}.; Depuis, personne ne parle plus d{t.d_un}."
    ),
)
LETTER = (
    words(
        "{q.cher_cap} {q},; Bonjour {q},; Ma chère famille,; {q.cher_cap} {q}, comment vas-tu ?; "
        "{town}, le {n} mai\n{q.cher_cap} {q},"
    ),
    words(
        "je t'écris de {town}.; merci pour {t.le}.; je suis {me.feel} depuis ton départ.; "
        "j'ai {t.un_adj} pour toi.; je pense souvent à toi, surtout quand je suis {place}."
    ),
    words(
        "{time}, j'{v.past1} {t.un_adj} {place}.; {weather} Alors j'{w.past1}.; {p} m'a montré {a.un_adj}.; "
        "Tu te souviens d{a.d_un} ? {a.il_cap} {w.past} hier."
    ),
    words(
        "Demain, je veux {v2.inf} {t2.un}.; {p} est {p.feel}, car {p.il} ne peut pas {w2.inf}.; "
        "Ici, {a.le} de la voisine {w2.pres} tous les jours.; J'ai aussi vu {b.un_adj}, et j'{w2.past1}."
    ),
    words(
        "Quand viens-tu {place} ?; Est-ce que tu peux m'envoyer {t3.un} ?; N'oublie pas {t3.le}.; "
        "Dis bonjour à {r}.; As-tu encore {t3.ton} ?"
    ),
    words("Je t'embrasse,\n{me}; À bientôt,\n{me}; Bien à toi,\n{me}; Grosses bises,\n{me}"),
)
DIARY = (
    words("Cher journal,; Lundi.; Le {n} juin.; Vendredi soir.; Le {n} octobre, {town}."),
    words(
        "aujourd'hui, j'{v.past1} {t.un_adj}.; ce matin, j'{w.past1} {place}.; "
        "quelle journée ! J'{v.past1} {t.le} {place}."
    ),
    words(
        "{weather} J'étais {me.feel}.; {p} {w2.past}, et moi aussi.; J'ai rencontré {a.un_adj} {place}.; "
        "Je n'ai pas trouvé {t2.le}."
    ),
    words(
        "{p} a dit : « {said} »; Puis {a.un_adj} {v2.past} {t2.un_adj}.; À midi, j'{w3.past1}.; "
        "J'ai perdu {t3.mon}, alors j'étais {me.feel}."
    ),
    words(
        "Demain, je vais {v3.inf} {t3.un}.; Ce soir, je veux {w4.inf}.; "
        "Maintenant, je suis {me.feel} et je vais dormir.; Bonne nuit, cher journal."
    ),
)
QA = words(
    "Où est {t.le} ? = {t.il_cap} est {place}.; Que fait {a.le} ? = {a.il_cap} {w.pres}.; "
    "De quelle couleur est {t.le} ? = {t.il_cap} est {t.colour}.; "
    "Qui {v.past} {t.le} ? = C'est {p} qui {v.past} {t.le}.; "
    "Est-ce que {p} est {p.feel} ? = Oui, {p.il} est très {p.feel}.; "
    "As-tu vu {a.le} ? = Non, je n'ai pas vu {a.le}.; Combien {t.de_many} as-tu ? = J'ai {num} {t.many}.; "
    "Où habites-tu ? = J'habite à {town}.; Que veux-tu faire demain ? = Demain, je veux {w.inf}.; "
    "Pourquoi est-ce que {p} rit ? = Parce que {a.le} {v.past} {t.le}.; "
    "Quel temps faisait-il ? = {weather}; Comment t'appelles-tu ? = Je m'appelle {p}.; "
    "Peux-tu me donner {t.le} ? = Bien sûr, voici {t.le}."
)
COLOURS = words("rouge, rouge; vert, verte; bleu, bleue; noir, noire; blanc, blanche; jaune, jaune; gris, grise")
NUMBERS = words("deux; trois; quatre; cinq; six; sept; huit; neuf; dix")
DESCRIPTION = (
    words("Voici {town}.; J'habite {place}.; Ma maison est {place}.; Je connais bien {town}."),
    words("Il y a {t.un_adj} et {t2.un_adj}.; On y voit {a.un_adj} et {b.un_adj}.; Chaque matin, {a.le} {w.pres}."),
    words(
        "{a.le_cap} {w2.pres}, mais {b.le} {w3.pres}.; {p} {v.pres} {t2.un_adj}.; {t.le_cap} est {t.adj}.; "
        "Le dimanche, {p} {w2.pres}."
    ),
    words(
        "J'aime {t3.les} et {a.les}.; Je n'aime pas {w4.inf}.; Quand il pleut, {b.le} {w4.pres}.; "
        "{p} dit toujours : « {said} »"
    ),
    words(
        "C'est un endroit tranquille.; Je ne veux pas partir d'ici.; Viens me voir un jour !; "
        "Voilà pourquoi je suis {me.feel}."
    ),
)
