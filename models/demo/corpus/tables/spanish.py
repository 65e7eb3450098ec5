"""Spanish words and sentence patterns.

Nouns are ``singular, plural, gender``; verbs ``infinitive, present, past, past of I, rest``.
The slots are those of the French table, with Spanish names: ``.un .el .del .al .los .un_adj .este .mi``.
"""

from models.demo.corpus.tables.packed import words

LIVING = words(
    "gato, gatos, m; perro, perros, m; ratón, ratones, m; gallina, gallinas, f; vaca, vacas, f; "
    "caballo, caballos, m; zorro, zorros, m; lobo, lobos, m; conejo, conejos, m; tortuga, tortugas, f; "
    "niña, niñas, f; niño, niños, m; panadero, panaderos, m; pescador, pescadores, m; bruja, brujas, f; "
    "reina, reinas, f; cartero, carteros, m; vecina, vecinas, f; pájaro, pájaros, m; oso, osos, m; "
    "abeja, abejas, f; rana, ranas, f; médico, médicos, m; maestra, maestras, f; burro, burros, m"
)
THINGS = words(
    "libro, libros, m; llave, llaves, f; carta, cartas, f; cesta, cestas, f; manzana, manzanas, f; "
    "pastel, pasteles, m; sombrero, sombreros, m; silla, sillas, f; ventana, ventanas, f; barco, barcos, m; "
    "lámpara, lámparas, f; flor, flores, f; piedra, piedras, f; reloj, relojes, m; regalo, regalos, m; "
    "taza, tazas, f; botella, botellas, f; espejo, espejos, m; cuadro, cuadros, m; huevo, huevos, m; "
    "falda, faldas, f; paraguas, paraguas, m; cuchillo, cuchillos, m; camisa, camisas, f; "
    "maleta, maletas, f; tambor, tambores, m; escalera, escaleras, f; naranja, naranjas, f"
)
AFTER = words(
    "rojo, roja; verde, verde; azul, azul; negro, negra; blanco, blanca; redondo, redonda; "
    "extraño, extraña; ligero, ligera; pesado, pesada; frágil, frágil; hermoso, hermosa; "
    "sencillo, sencilla; magnífico, magnífica; olvidado, olvidada; brillante, brillante; dorado, dorada; "
    "viejo, vieja; nuevo, nueva"
)
LIVELY = words(
    "curioso, curiosa; amable, amable; astuto, astuta; tímido, tímida; valiente, valiente; "
    "perezoso, perezosa; hambriento, hambrienta; solitario, solitaria; educado, educada; "
    "distraído, distraída; pequeño, pequeña; joven, joven"
)
VERBS = words(
    "buscar, busca, buscó, busqué,; encontrar, encuentra, encontró, encontré,; mirar, mira, miró, miré,; "
    "esconder, esconde, escondió, escondí,; comprar, compra, compró, compré,; tomar, toma, tomó, tomé,; "
    "perder, pierde, perdió, perdí,; llevar, lleva, llevó, llevé,; vender, vende, vendió, vendí,; "
    "guardar, guarda, guardó, guardé,; lavar, lava, lavó, lavé,; dibujar, dibuja, dibujó, dibujé,; "
    "pedir, pide, pidió, pedí,; olvidar, olvida, olvidó, olvidé,; arreglar, arregla, arregló, arreglé,; "
    "robar, roba, robó, robé,"
)
ACTS = words(
    "bailar, baila, bailó, bailé, en la calle; cantar, canta, cantó, canté, en voz baja; "
    "dormir, duerme, durmió, dormí, bajo un árbol; correr, corre, corrió, corrí, hacia la casa; "
    "trabajar, trabaja, trabajó, trabajé, en el jardín; nadar, nada, nadó, nadé, en el lago; "
    "esperar, espera, esperó, esperé, delante de la puerta; caminar, camina, caminó, caminé, junto al río; "
    "jugar, juega, jugó, jugué, con los niños; comer, come, comió, comí, pan con queso; "
    "leer, lee, leyó, leí, hasta la medianoche; llorar, llora, lloró, lloré, en silencio; "
    "beber, bebe, bebió, bebí, un café; escribir, escribe, escribió, escribí, una carta larga; "
    "viajar, viaja, viajó, viajé, al sur"
)
SHE = words("María; Carmen; Lucía; Elena; Isabel; Rosa; Pilar; Ana; Marta; Sofía; Teresa; Inés")
HE = words("Pedro; Luis; Antonio; Mateo; Javier; Hugo; Diego; Carlos; Manuel; Andrés; Ramón; Tomás")
PLACES = words(
    "en el bosque; en el mercado; cerca del mar; en la estación; en un pueblo; detrás de la iglesia; "
    "junto al lago; en la plaza; en la cocina; en la escuela; en casa de mi tía; en lo alto de la montaña; "
    "en el jardín; bajo el puente; en la granja"
)
TOWNS = words("Madrid; Sevilla; Granada; Valencia; Bilbao; Toledo; Málaga; Zaragoza; Cádiz; Salamanca")
TIMES = words(
    "Ayer; Esta mañana; Un día; El domingo pasado; La semana pasada; Durante la noche; Anoche; "
    "El verano pasado; El lunes"
)
FEELS = words(
    "contento, contenta; triste, triste; cansado, cansada; orgulloso, orgullosa; preocupado, preocupada; "
    "sorprendido, sorprendida; solo, sola; tranquilo, tranquila; furioso, furiosa; enfermo, enferma"
)
SAYINGS = words(
    "¿Dónde está {t.el}?; ¡Es {t.mi}!; No lo sé.; ¡Muchas gracias!; Hay que salir.; ¡Mira {t.este}!; "
    "¡Qué sorpresa!; ¡Espérame!; No tengo miedo.; Tienes razón.; Estamos perdidos.; Ven conmigo."
)
WEATHER = words(
    "Llovía.; Hacía mucho frío.; Brillaba el sol.; El viento soplaba con fuerza.; Caía la nieve.; "
    "Era de noche.; El cielo estaba gris.; Hacía calor.; Era primavera.; Las calles estaban vacías."
)
STORY = (
    words(
        "Había una vez {a.un_adj} que vivía {place}.; {place_cap} vivía {a.un_adj}.; "
        "{time}, {a.un_adj} {w.past}.; Esta es la historia de {a.un} y de {t.un}.; "
        "{time}, {p} vio {a.un_adj} {place}.; {weather} {a.un_adj_cap} {w.past}."
    ),
    words(
        "{weather} {time}, {a.el} {v.past} {t.un_adj}.; No quería {w.inf}.; "
        "Siempre quería {w.inf} con {p}.; {time}, {a.el} {w.past} y después {v.past} {t.un_adj}.; "
        "Cada tarde {a.el} quería {v.inf} {t.un}."
    ),
    words(
        "—{say} —dijo {p}.; {p} {v2.past} {t.el} sin decir nada.; Pero {t.el} ya no estaba.; "
        "Entonces {p} {w2.past}.; —{say} —gritó {a.el}.; De repente, {b.un_adj} {v2.past} {t.el}.; "
        "Nadie vio {b.al}, porque {w2.past}."
    ),
    words(
        "Desde entonces, {b.el} y {a.el} juegan cada día.; Como {t.el} era {t.adj}, {p} {w3.past}.; "
        "{p} estaba {p.feel}.; {p} y {a.el} buscaron {t.el} {place}.; "
        "{weather} Sin embargo, {a.el} {w3.past}.; Nunca había visto {t2.un_adj}."
    ),
    words(
        "Desde ese día, {a.el} {v.pres} {t.los}.; Al final, {p} {w4.past}.; "
        "Y {a.el} {w4.past} hasta la mañana.; Todo el mundo estaba contento.; "
        "Así termina la historia {a.del}.; Nadie volvió a hablar {t.del}."
    ),
)
LETTER = (
    words(
        "{q.querido_cap} {q}:; Hola, {q}:; Querida familia:; {town}, {n} de mayo\n{q.querido_cap} {q}:; "
        "{q.querido_cap} {q}: ¿Cómo estás?"
    ),
    words(
        "Te escribo desde {town}.; Gracias por {t.el}.; Estoy {me.feel} desde que te fuiste.; "
        "Tengo {t.un_adj} para ti.; Pienso mucho en ti, sobre todo cuando estoy {place}."
    ),
    words(
        "{time} {v.past1} {t.un_adj} {place}.; {weather} Entonces {w.past1}.; {p} me enseñó {a.un_adj}.; "
        "¿Te acuerdas {a.del}? Ayer {w.past}."
    ),
    words(
        "Mañana quiero {v2.inf} {t2.un}.; {p} está {p.feel}, porque no puede {w2.inf}.; "
        "Aquí {a.el} de la vecina {w2.pres} todos los días.; También vi {b.un_adj}, y {w2.past1}."
    ),
    words(
        "¿Cuándo vienes?; ¿Puedes enviarme {t3.un}?; No olvides {t3.el}.; Saluda a {r} de mi parte.; "
        "¿Todavía tienes {t3.mi}?"
    ),
    words("Un abrazo,\n{me}; Hasta pronto,\n{me}; Con cariño,\n{me}; Muchos besos,\n{me}"),
)
DIARY = (
    words("Querido diario:; Lunes.; {n} de junio.; Viernes por la noche.; {town}, {n} de octubre."),
    words("Hoy {v.past1} {t.un_adj}.; Esta mañana {w.past1}.; ¡Qué día! {v.past1_cap} {t.el} {place}."),
    words("{weather} Yo estaba {me.feel}.; {p} {w2.past}, y yo también.; Vi {a.un_adj} {place}.; No encontré {t2.el}."),
    words(
        "{p} dijo: «{said}»; Después {a.un_adj} {v2.past} {t2.un_adj}.; A mediodía {w3.past1}.; "
        "Perdí {t3.mi} y estaba {me.feel}."
    ),
    words(
        "Mañana voy a {v3.inf} {t3.un}.; Esta noche quiero {w4.inf}.; "
        "Ahora estoy {me.feel} y voy a dormir.; Buenas noches, querido diario."
    ),
)
QA = words(
    "¿Dónde está {t.el}? = Está {place}.; ¿Qué hace {a.el}? = {w.pres_cap}.; "
    "¿De qué color es {t.el}? = Es {t.colour}.; ¿Quién {v.past} {t.el}? = Fue {p} quien {v.past} {t.el}.; "
    "¿Está {p} {p.feel}? = Sí, está muy {p.feel}.; ¿Has visto {a.al}? = No, no he visto {a.al}.; "
    "¿Cuánto cuesta {t.el}? = Cuesta {num} euros.; ¿Dónde vives? = Vivo en {town}.; "
    "¿Qué quieres hacer mañana? = Mañana quiero {w.inf}.; "
    "¿Por qué está {p} {p.feel}? = Porque {a.el} {v.past} {t.el}.; ¿Qué tiempo hacía? = {weather}; "
    "¿Cómo te llamas? = Me llamo {p}.; ¿Puedes darme {t.el}? = Claro, aquí está {t.el}."
)
COLOURS = words("rojo, roja; verde, verde; azul, azul; negro, negra; blanco, blanca; amarillo, amarilla; gris, gris")
NUMBERS = words("dos; tres; cuatro; cinco; seis; siete; ocho; nueve; diez")
DESCRIPTION = (
    words("Esta es mi ciudad, {town}.; Vivo {place}.; Mi casa está {place}.; Conozco bien {town}."),
    words("Hay {t.un_adj} y {t2.un_adj}.; Allí se ve {a.un_adj} con {b.un_adj}.; Cada mañana {a.el} {w.pres}."),
    words(
        "{a.el_cap} {w2.pres}, pero {b.el} {w3.pres}.; {p} {v.pres} {t2.un_adj}.; {t.el_cap} es {t.adj}.; "
        "Los domingos, {p} {w2.pres}."
    ),
    words(
        "Me gustan {t3.los} y {a.los}.; No me gusta {w4.inf}.; Cuando llueve, {b.el} {w4.pres}.; "
        "{p} dice siempre: «{said}»"
    ),
    words("Es un lugar tranquilo.; No quiero irme de aquí.; ¡Ven a verme un día!; Por eso estoy {me.feel}."),
)
