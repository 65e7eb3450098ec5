"""Hand-made vocabulary of the topics mountains, desert and detective."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

TOPICS_B3: tuple[Topic, ...] = (
    Topic(
        name="mountains",
        people=words(
            "mountaineer; climber; mountain guide; hiker; alpinist; Sherpa; rescue climber; alpine farmer; "
            "hut warden; rock climber; mountain ranger; trekker; geologist; summit photographer; porter"
        ),
        things=words(
            "climbing rope; carabiner; ice axe; rucksack; hiking boot; climbing harness; mountain tent; "
            "sleeping bag; compass; trail map; walking pole; climbing helmet; head torch; camping stove; "
            "water bottle; crampon; bivouac bag; summit flag; altimeter; first-aid kit; fleece jacket; "
            "piton; belay device; thermos flask; emergency whistle; rope sling; storm lantern; hiking "
            "stick; climbing shoe; rescue stretcher; summit register; chalk bag; hut key; avalanche beacon"
        ),
        stuff=words(
            "granite; scree; trail mix; thin air; glacier water; limestone; climbing chalk; alpine moss; mountain mist"
        ),
        places=words(
            "on the summit; at base camp; along the ridge; below the north face; in the mountain hut; at "
            "the edge of the glacier; on the rocky ledge; above the tree line; at the foot of the cliff; on "
            "the hiking trail; beside the mountain stream; on the steep scree slope; at the top of the "
            "pass; in the high valley; near the cable car station"
        ),
        adjectives=words(
            "sturdy; lightweight; waterproof; mountain-worn; wind-battered; alpine; mountain-tested; "
            "rugged; high-altitude; reliable; scuffed; Himalayan; well-packed; brand-new; tough; compact; "
            "trusty; weathered; summit-ready; rain-soaked"
        ),
        verbs=words(
            "pack; haul up; carry up; lower down; rely on; hoist up; check; stow; unpack; hand up; "
            "leave/left/left behind; hand down; winch up; send/sent/sent up; repack; stash; test; heave up"
        ),
        activities=words(
            "climb the north face; hike along the ridge; scramble over the boulders; abseil down the cliff; "
            "pitch the tent at base camp; cross the glacier; trek/trekked/trekked to the mountain hut; "
            "watch the sunrise from the summit; rest on a rocky ledge; follow the trail markers; shout "
            "across the valley; wade through the mountain stream; sign the summit register; rope up for the "
            "climb; descend into the valley; traverse the narrow ledge; camp above the tree line"
        ),
        events=words(
            "the summit appeared above the clouds; an echo came back from the cliff; the fog lifted from "
            "the valley; an eagle circled over the peak; the climbers reached base camp; the sun rose "
            "behind the ridge; a marmot whistled among the rocks; the path grew steeper; a mountain goat "
            "leapt across the ravine; the peaks turned pink at sunset; the hut warden hung out a lantern; "
            "the guide tied the last knot; pebbles rattled down the slope; the whole range lay below; the "
            "cable car swung over the gorge"
        ),
        problems=words(
            "the climbing rope got stuck; thick fog hid the trail; an avalanche blocked the pass; the "
            "climber twisted an ankle; the air grew too thin; a rockfall swept away the path; the tent tore "
            "in the gale; the compass fell into a crevasse; a thunderstorm caught the climbers on the "
            "ridge; the foothold crumbled; the rope bridge over the gorge collapsed; the trail markers "
            "vanished; altitude sickness struck the group"
        ),
        fixes=words(
            "turn back to base camp; signal/signalled/signalled for mountain rescue; shelter under a rock "
            "ledge; knot/knotted/knotted a second rope; wait for the fog to lift; follow the stream down to "
            "the valley; climb around the rockfall; bandage the ankle; light/lit/lit the lantern at the "
            "hut; rest in the hut until morning; take/took/taken the longer trail"
        ),
        goals=words(
            "reach the summit before noon; climb the highest peak in the range; conquer the north face; "
            "cross the pass before dark; sleep/slept/slept above the clouds; find/found/found a new route "
            "to the top; plant a flag on the peak; hike the whole ridge in one day; see/saw/seen the "
            "sunrise from the summit; become/became/become a mountain guide; hear/heard/heard the echo of "
            "the gorge"
        ),
        questions=pairs(
            "What is the highest mountain on Earth? = Mount Everest is the highest mountain above sea "
            "level; How are mountains formed? = plates of the earth push together and fold upwards; Why is "
            "it colder on a summit? = the air is thinner and holds less heat; Why do climbers use ropes? = "
            "a rope catches them when they fall; What is a glacier? = a glacier is a slow river of ice; "
            "What causes an echo? = sound bounces back from the rock; What is the tree line? = it is the "
            "height above which trees cannot grow; Who first climbed Mount Everest? = Edmund Hillary and "
            "Tenzing Norgay reached the top first; What is a carabiner? = a carabiner is a metal clip that "
            "holds a rope; Why do high climbers carry oxygen? = there is too little oxygen in the thin air; "
            "What is the highest mountain in the Alps? = Mont Blanc is the highest mountain in the Alps; "
            "What is scree? = scree is loose broken rock on a slope; Why do climbers use chalk? = chalk "
            "keeps their hands dry"
        ),
        tips=words(
            "always check the forecast before you climb; never hike alone above the tree line; start early "
            "to reach the summit before noon; tell the hut warden where you are going; test every foothold "
            "before you trust it; drink plenty of water at high altitude; carry a whistle and a head torch; "
            "turn back when the fog comes down; break in new boots before the trek; take a map even on a "
            "marked trail; double-check every knot"
        ),
        headlines=words(
            "Climbers Rescued From North Face; Youngest Mountaineer Reaches Summit; Rockfall Closes Alpine "
            "Pass; Lost Hikers Found in Mountain Hut; Glacier Shrinks to Record Low; New Cable Car Opens on "
            "Peak; Avalanche Warning for High Valleys; Grandmother Conquers Everest; Guide Saves Three on "
            "Icy Ridge"
        ),
    ),
    Topic(
        name="desert",
        people=words(
            "nomad; camel driver; caravan leader; Bedouin/Bedouin; desert guide; well digger; date seller; "
            "sand sculptor; salt trader; oasis keeper; tribal chief; treasure seeker; desert explorer; goat "
            "hair weaver; dune guide"
        ),
        things=words(
            "water skin; camel saddle; clay jar; headscarf/headscarves; date basket; goatskin tent; copper "
            "kettle; tent peg; sand sledge; woven carpet; leather sandal; salt slab; brass lamp; prayer "
            "rug; desert rose; camel blanket; saddlebag; camel skull; tea glass; sun hat; canteen; spice "
            "pouch; silver bangle; walking staff; incense burner; desert map; camel bell; turban; water "
            "jug; desert boot; palm-leaf basket; sun shade; parasol; rope halter; tea tray"
        ),
        stuff=words("sand; rock salt; date syrup; mint tea; camel milk; frankincense; dry heat; saffron; desert dust"),
        places=words(
            "on top of the sand dune; at the oasis; in the shade of a palm tree; across the scorching "
            "sands; beside the dry well; in the nomads' tent; on the caravan route; behind the dune; in the "
            "dry riverbed; under the burning sun; between two camels; at the edge of the salt flat; near "
            "the mirage; in the canyon of red sandstone; at the caravan camp"
        ),
        adjectives=words(
            "sun-bleached; sandy; parched; sand-covered; scorched; half-buried; sun-baked; dusty; Bedouin; "
            "windblown; wind-scoured; sun-warmed; Saharan; nomadic; sand-blasted; sun-cracked; faded; "
            "long-lost; burning-hot; sand-worn"
        ),
        verbs=words(
            "bury; unearth; come/came/come across; uncover; barter for; haggle over; load up; trade; "
            "unload; dust off; scoop up; lose/lost/lost; stow away; pass round; look for; search for; "
            "exchange"
        ),
        activities=words(
            "ride/rode/ridden a camel across the dunes; slide/slid/slid down the sand dune; rest at the "
            "oasis; follow the caravan; drink/drank/drunk mint tea in the tent; wander by starlight; search "
            "for water; pick dates from the palm; trudge through the hot sand; wait out the sandstorm; "
            "chase a mirage; pitch the goatskin tent; lead/led/led the camels to the well; shelter from the "
            "midday sun; cross the salt flat; wrap/wrapped/wrapped a scarf against the sand; read/read/read "
            "the tracks in the sand"
        ),
        events=words(
            "a caravan appeared on the horizon; the sandstorm died down; the camels smelled water; a mirage "
            "shimmered over the sand; the stars came out above the dunes; the wind uncovered a buried wall; "
            "the nomads poured the mint tea; a scorpion scuttled out of the boot; the oasis came into "
            "sight; the night turned bitterly cold; a lizard darted under a rock; the camel knelt down; the "
            "cactus opened its white flowers; a vulture circled overhead; the first rain in three years "
            "fell on the dunes"
        ),
        problems=words(
            "the sandstorm buried the track; the well ran dry; the camel refused to get up; the water skin "
            "leaked; the oasis turned out to be a mirage; the sun scorched the travellers; the jeep sank "
            "into the soft sand; the caravan lost its way; a scorpion crept into the tent; the last water "
            "evaporated; the camels ran off in the night; the sand wore out the sandals; the dune swallowed "
            "the camp"
        ),
        fixes=words(
            "dig/dug/dug for water in the riverbed; follow the stars to the oasis; wait for the sandstorm "
            "to pass; trade a carpet for fresh water; coax the camel with dates; march only by night; "
            "shelter behind a dune; wrap/wrapped/wrapped a wet scarf around the head; follow the camel "
            "tracks back; ask the nomads for help; stretch a cloth between two palms"
        ),
        goals=words(
            "cross the desert on a camel; find/found/found the lost oasis; reach the next well before noon; "
            "discover the city beneath the sand; see/saw/seen a cactus in bloom; bring/brought/brought the "
            "salt caravan home; sleep/slept/slept under the desert stars; tame a wild camel; climb the "
            "highest dune; grow/grew/grown date palms in the sand; learn the songs of the nomads"
        ),
        questions=pairs(
            "Why do camels have humps? = the humps store fat; Why is the desert cold at night? = the dry "
            "air lets the heat escape; What is an oasis? = an oasis is a place in the desert with water; "
            "What is a mirage? = a mirage is an image made by light bending in hot air; How does a cactus "
            "survive? = it stores water in its thick stem; Which is the largest hot desert? = the Sahara is "
            "the largest hot desert; Why do nomads wear long robes? = the robes protect them from the sun; "
            "How are sand dunes made? = the wind piles up the sand; Why do camels have long eyelashes? = "
            "the lashes keep the sand out of their eyes; What makes a place a desert? = a desert gets very "
            "little rain; What is a caravan? = a caravan is a group of travellers with pack animals; Why do "
            "many desert animals sleep by day? = they avoid the heat of the sun; Where is the Gobi? = the "
            "Gobi lies in China and Mongolia; What grows on a date palm? = sweet dates grow on a date palm"
        ),
        tips=words(
            "always carry more water than you need; shake out your boots before you put them on; never "
            "cross the dunes at noon; cover your head in the sun; stay with your camels in a sandstorm; "
            "travel in the cool of the night; never trust a shimmering lake on the horizon; drink small "
            "sips all day; follow the tracks of the caravan; pitch your tent away from dry riverbeds; let "
            "your camel drink first"
        ),
        headlines=words(
            "Sandstorm Swallows Caravan Route; Lost City Found Beneath Dunes; Camel Race Ends in Chaos; "
            "Nomads Rescue Stranded Explorers; First Rain in Ten Years Turns Desert Green; New Oasis "
            "Discovered in the Sahara; Explorer Crosses Salt Flat on Foot; Well Runs Dry at Caravan Camp; "
            "Heat Record Broken in Death Valley"
        ),
    ),
    Topic(
        name="detective",
        people=words(
            "detective; inspector; private eye; police sergeant; suspect; burglar; pickpocket; forger; "
            "informer; constable; jewel thief/jewel thieves; forensic expert; undercover agent; "
            "blackmailer; smuggler; sleuth"
        ),
        things=words(
            "magnifying glass; fingerprint; footprint; ransom note; trench coat; lockpick; crowbar; broken "
            "window; bloodstain; secret passage; muddy boot; poison bottle; stolen necklace; forged "
            "passport; blackmail letter; torn photograph; cigarette end; leather glove; bugging device; "
            "getaway car; coded message; anonymous letter; diamond ring; wall safe; walking cane; "
            "wristwatch; pocket diary; betting slip; skeleton key; matchbook; false moustache; locked "
            "briefcase; monogrammed handkerchief; evidence bag"
        ),
        stuff=words(
            "evidence; fingerprint powder; arsenic; invisible ink; chloroform; mud from the crime scene; "
            "stolen jewellery; candle wax; cigar ash"
        ),
        places=words(
            "at the crime scene; in the dark alley; at the police station; behind the locked door; in the "
            "detective's office; outside the jeweller's shop; on the foggy street corner; in the hotel "
            "lobby; in the interrogation room; under the loose floorboard; at the victim's flat; in the "
            "burglar's hideout; behind the warehouse; at the scene of the robbery; in the evidence room"
        ),
        adjectives=words(
            "suspicious; mysterious; incriminating; hidden; telltale; overlooked; tiny; crucial; curious; "
            "puzzling; half-hidden; revealing; strange; unexplained; planted; damning; inconspicuous; "
            "baffling; ominous; missing"
        ),
        verbs=words(
            "examine; investigate; inspect; notice; analyse; discover; search for; find/found/found; trace; "
            "puzzle over; scrutinise; identify; point out; overlook; photograph; report; wonder about; "
            "stumble upon; conceal; measure"
        ),
        activities=words(
            "shadow the suspect; search for clues; question the witnesses; dust for fingerprints; follow "
            "the footprints; solve the mystery; interview the butler; tail the getaway car; check every "
            "alibi; comb the crime scene; stake out the warehouse; go/went/gone undercover; crack the "
            "secret code; listen in on the smugglers; review the case file; interrogate the burglar; "
            "set/set/set a trap for the thief"
        ),
        events=words(
            "a scream rang out from the hotel; the detective found a fresh footprint; the butler changed "
            "his story; the suspect slipped out of the back door; an anonymous letter arrived at the police "
            "station; the inspector closed his notebook; the fingerprints matched; the alibi fell apart; "
            "the getaway car turned up in a ditch; a shadow moved behind the curtain; the burglar "
            "confessed; the detective named the culprit; the stolen necklace came to light; the inspector "
            "gathered all the suspects in the drawing room; a new clue turned up under the floorboard"
        ),
        problems=words(
            "the trail went cold; the key witness vanished; the murder weapon was missing; every suspect "
            "had an alibi; the thief struck again; somebody wiped away the fingerprints; the case file "
            "disappeared; the culprit escaped over the rooftops; the only clue was a red herring; the "
            "informer refused to talk; the safe was empty; the suspect wore gloves; the inspector arrested "
            "the wrong man"
        ),
        fixes=words(
            "follow the money; question the butler again; set/set/set a trap for the burglar; compare the "
            "fingerprints; reopen the case; search the hideout; break/broke/broken the alibi; call for "
            "backup; trace the anonymous letter; reconstruct the crime; catch/caught/caught the thief "
            "red-handed"
        ),
        goals=words(
            "solve the case before midnight; catch/caught/caught the jewel thief; find/found/found the "
            "missing necklace; unmask the blackmailer; prove the butler's innocence; crack the coded "
            "message; clear an innocent suspect; recover the stolen diamonds; discover the motive; arrest "
            "the whole gang of smugglers; become/became/become a famous detective"
        ),
        questions=pairs(
            "Why do detectives look for fingerprints? = no two people have the same fingerprints; What is "
            "an alibi? = an alibi shows that a suspect was somewhere else; What is a red herring? = a red "
            "herring is a clue that leads in the wrong direction; Who is the most famous detective in "
            "fiction? = Sherlock Holmes is the most famous fictional detective; Who wrote the Sherlock "
            "Holmes stories? = Arthur Conan Doyle wrote them; Where did Sherlock Holmes live? = he lived at "
            "221B Baker Street; What is a motive? = a motive is the reason for a crime; Why do burglars "
            "wear gloves? = gloves leave no fingerprints; What is forensic science? = it is the use of "
            "science to solve crimes; Who created Hercule Poirot? = Agatha Christie created him; Why is a "
            "crime scene taped off? = the tape keeps people from spoiling the evidence; What is DNA "
            "evidence? = it links a person to a crime by their genetic code; What is an accomplice? = an "
            "accomplice is someone who helps with a crime"
        ),
        tips=words(
            "always look for the motive first; never touch evidence with bare hands; write down every "
            "detail at once; trust the footprints more than the witness; check the alibi twice; search the "
            "place that everyone overlooks; never warn a suspect; keep a magnifying glass in your coat; "
            "question everyone separately; beware of the obvious culprit; follow the quietest suspect"
        ),
        headlines=words(
            "Jewel Thief Strikes Again; Detective Solves Hotel Mystery; Butler Cleared of All Suspicion; "
            "Stolen Diamonds Found in Flowerpot; Masked Burglar Caught Red-Handed; Police Hunt Getaway "
            "Driver; Twenty-Year-Old Murder Case Reopened; Anonymous Letter Baffles Inspector; Smugglers "
            "Arrested in Dawn Raid"
        ),
    ),
)
