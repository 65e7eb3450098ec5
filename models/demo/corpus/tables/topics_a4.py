"""Hand-made vocabulary of the topics winter, dragons, trains."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

TOPICS_A4: tuple[Topic, ...] = (
    Topic(
        name="winter",
        people=words("""
            skater; snow shoveller; sledder; ice fisherman/ice fishermen; snowplough driver; reindeer herder;
            skier; chestnut seller; ice hockey player; snowball thrower; stove fitter; husky driver;
            snow sculptor
        """),
        things=words("""
            sledge; mitten; icicle; snow shovel; woolly hat; woollen scarf/woollen scarves; ice skate;
            snowball; fur coat; hot-water bottle; snow globe; snow boot; earmuff; toboggan; ice scraper;
            bobble hat; parka; hand warmer; woollen sock; balaclava; duffel coat; cardigan; snowshoe; ski;
            ski pole; thermal vest; snowman/snowmen; thick quilt; fleece jacket; ice block; fur-lined boot;
            cocoa mug; sleigh bell; knitted jumper
        """),
        stuff=words("""
            snow; frost; slush; black ice; hot cocoa; sleet; hail; powder snow; mulled cider
        """),
        places=words("""
            on the frozen pond; in the snowdrift; beside the snowman; by the wood stove; on the ice rink;
            at the bottom of the sledging hill; in the igloo; under the icicles; on the icy pavement;
            behind the snow fort; at the frosted window; on the ski slope; next to the radiator;
            beneath the snowy fir; in the cold porch
        """),
        adjectives=words("""
            frosty; snowy; icy; frozen; snow-covered; chilly; rime-covered; frosted; ice-cold; wintry;
            frost-bitten; half-thawed; snow-dusted; frost-stiff; slushy; snow-white; glittering; iced-over;
            wind-chilled
        """),
        verbs=words("""
            dig/dug/dug out; brush off; find/found/found; bring/brought/brought in; cover; store; admire;
            fetch; defrost; warm up; thaw out; shake/shook/shaken; carry in; lose/lost/lost; bury; uncover;
            clutch
        """),
        activities=words("""
            build/built/built a snowman; skate on the frozen pond; throw/threw/thrown snowballs;
            sledge down the hill; shovel/shovelled/shovelled snow; shiver in the cold;
            drink/drank/drunk hot cocoa; scrape ice off the windscreen; ski down the slope;
            make/made/made snow angels; warm cold toes by the stove; catch/caught/caught snowflakes;
            knit/knitted/knitted thick mittens; slide/slid/slid across the ice;
            feed/fed/fed the birds in the snow; clear the icy path
        """),
        events=words("""
            the first snow fell; the pond froze over; the thermometer dropped below zero;
            icicles grew along the gutter; a snowball hit the window; the snow began to melt;
            the frost painted flowers on the glass; a blizzard howled around the house;
            the snowplough cleared the road; the days grew short and dark; the snowman lost his carrot nose;
            thick snowflakes drifted down; the ice creaked; the cold wind blew snow under the door
        """),
        problems=words("""
            the pipes froze; the ice on the pond cracked; the road was blocked by snow;
            the heating broke down; the sledge crashed into a snowdrift; a blizzard cut off the village;
            one mitten disappeared in the snow; the door was frozen shut; the snowman began to melt;
            the firewood ran out; the pavement turned to black ice; the car would not start in the frost
        """),
        fixes=words("""
            light/lit/lit the wood stove; shovel/shovelled/shovelled a path through the snow;
            spread/spread/spread salt on the ice; wait for the thaw; call the snowplough;
            put/put/put on another jumper; thaw the lock with warm water;
            make/made/made hot cocoa for everyone; dig/dug/dug a way out with the snow shovel;
            wrap/wrapped/wrapped up in blankets; crawl off the ice
        """),
        goals=words("""
            build/built/built the tallest snowman; learn to skate backwards; win/won/won the sledge race;
            see/saw/seen the northern lights; stay warm until spring; sleep/slept/slept in an igloo;
            knit/knitted/knitted a scarf before the frost; have/had/had a white Christmas;
            ski without falling; catch/caught/caught a perfect snowflake; win/won/won the snowball fight
        """),
        questions=pairs("""
            Why is snow white? = its many crystals scatter all the light;
            How many sides does a snowflake have? = a snowflake has six sides;
            At what temperature does water freeze? = water freezes at zero degrees Celsius;
            Why does salt melt ice? = salt lowers the freezing point of water;
            Why is it cold in winter? = the sun stands low and the days are short;
            What is frost? = frost is water vapour that froze on a surface;
            Why does ice float? = ice is lighter than water;
            What do hedgehogs do in winter? = they hibernate until spring;
            Why can we see our breath in the cold? = its moisture turns into tiny drops;
            When is the shortest day in the north? = it falls around the twenty-first of December;
            What is sleet? = sleet is a mix of snow and rain;
            Why do mittens keep hands warmer than gloves? = the fingers share their warmth
        """),
        tips=words("""
            never step on thin ice; wear two pairs of socks in the snow; spread sand on the icy steps;
            keep a snow shovel in the car; put a hat on before you go sledging;
            feed the birds when the ground is frozen; let the taps drip during a hard frost;
            dry your mittens by the stove; drive slowly on black ice; bend your knees when you ski
        """),
        headlines=words("""
            Heavy Snow Closes Northern Roads; Frozen Canal Opens for Skaters;
            Blizzard Cuts off Northern Towns; Coldest January in Fifty Years; Snowman Taller Than Town Hall;
            Black Ice Causes Traffic Chaos; Offices Shut as Snow Keeps Falling; Early Thaw Ends Skating Season
        """),
    ),
    Topic(
        name="dragons",
        people=words("""
            dragon rider; dragon slayer; dragon tamer; wizard; egg keeper; fire mage; dragon princess;
            sorceress; dwarf smith; treasure seeker; monster hunter; dragon healer; elf/elves;
            hatchling trainer
        """),
        things=words("""
            dragon egg; dragon scale; claw; talon; fang; dragon wing; dragon horn; golden goblet; fire orb;
            dragon saddle; dragon nest; rune stone; salamander cloak; dragon shield; spell scroll;
            dragon bone; dragon whistle; amulet; dragonsteel sword; lair map; fire opal; dragonhide glove;
            dragon tooth/dragon teeth; riding harness; ruby/rubies; spiked collar; tail spike; dragon crown;
            magic staff; wyvern skull; treasure chest; silver chain; dragon statue; prophecy stone;
            flame lantern
        """),
        stuff=words("""
            dragon fire; smoke; molten gold; brimstone; dragon blood; magic; treasure; soot; dragon breath
        """),
        places=words("""
            in the dragon's lair; on the treasure hoard; beneath the dragon's wing; on the back of the dragon;
            above the burning valley; inside the smoky cave; at the mouth of the lair; among the dragon eggs;
            in the enchanted kingdom; by the hatching nest; in the scorched heath; on the dragon cliffs;
            near the wizard's cauldron; under the fiery sky; deep in the dragon's cavern
        """),
        adjectives=words("""
            scaly; fiery; fire-breathing; scorched; enchanted; smouldering; jewelled; flame-forged; charred;
            magical; soot-covered; mythical; rune-marked; legendary; fireproof; emerald-green; dragon-guarded;
            bewitched; smoke-blackened; cursed
        """),
        verbs=words("""
            guard; hoard; scorch; steal/stole/stolen; hide/hid/hidden; enchant; snatch; sniff at; unearth;
            covet; reveal; bring/brought/brought back; drag/dragged/dragged out; seize; bewitch; breathe on;
            find/found/found
        """),
        activities=words("""
            ride/rode/ridden the dragon over the clouds; breathe fire; guard the hoard;
            tame the wild hatchling; polish the dragon's scales; sneak past the sleeping dragon;
            follow the trail of smoke; speak/spoke/spoken with the dragon; hatch the golden egg;
            cast/cast/cast a fire spell; count the treasure in the lair; soar on dragon wings;
            search for the lost lair; challenge the fire drake; roast chestnuts over dragon flames;
            learn the old dragon tongue
        """),
        events=words("""
            the dragon spread its wings; the egg began to hatch; a jet of flame lit up the sky;
            smoke curled from the dragon's nostrils; the hatchling sneezed a tiny flame;
            the dragon roared inside the cave; the great beast opened one golden eye;
            the hoard glittered in the firelight; a shadow with wings passed over the kingdom;
            the dragon curled up on its gold; the wizard spoke the ancient spell;
            the fire drake flew three circles around the peak; the baby dragon hiccuped smoke;
            the dragon's tail swept the coins aside
        """),
        problems=words("""
            the dragon burned down the bridge; the egg was stolen from the nest;
            the hatchling could not breathe fire; the dragon woke up too soon; the wizard forgot the spell;
            the saddle slipped from the dragon's back; the dragon demanded more gold;
            the kingdom was covered in smoke; the baby dragon flew away;
            the curse turned the princess to stone; the dragon's wing was wounded;
            the hoard was guarded by three heads
        """),
        fixes=words("""
            offer the dragon a golden goblet; sing/sang/sung the dragon to sleep;
            speak/spoke/spoken the magic word; hide/hid/hidden behind the fireproof shield;
            ask the oldest dragon for advice; break/broke/broken the curse; solve the dragon's riddle;
            heal the wing with moon herbs; make/made/made peace with the dragon;
            lure the hatchling with roast fish; return the stolen treasure to the lair
        """),
        goals=words("""
            tame the wild dragon; ride/rode/ridden on a dragon's back; find/found/found the last dragon egg;
            steal/stole/stolen one coin from the hoard; break/broke/broken the dragon's curse;
            raise a baby dragon; learn to breathe fire; free the captured dragon;
            earn the trust of the fire drake; become/became/become a dragon rider;
            save the kingdom from the flames
        """),
        questions=pairs("""
            What do dragons guard in the old tales? = they guard a hoard of gold;
            How many legs does a wyvern have? = a wyvern has two legs and two wings;
            Which flag shows a red dragon? = the flag of Wales shows a red dragon;
            Who fought the dragon in the English legend? = Saint George fought the dragon;
            What do dragons breathe in the tales? = they breathe fire;
            What does a dragon hatch from? = it hatches from an egg;
            Which hero bathed in dragon blood? = Siegfried bathed in the blood of Fafnir;
            Are dragons lucky in China? = Chinese dragons bring luck and rain;
            What is a hydra? = it is a serpent with many heads;
            What is the Komodo dragon? = it is the largest living lizard;
            What covers a dragon's body? = hard scales cover it;
            What is the lair of a dragon? = it is the cave where the dragon sleeps
        """),
        tips=words("""
            never wake a sleeping dragon; bring gold when you visit a lair; always wear a fireproof cloak;
            bow before you speak to a dragon; keep dragon eggs close to the fire; do not touch the hoard;
            hold on tight when the dragon dives; stand upwind of the smoke; answer a dragon's riddle politely;
            feed the hatchling before it gets angry
        """),
        headlines=words("""
            Dragon Seen Circling the Kingdom; Golden Egg Hatches at Last; Wizard Fails to Break Dragon Curse;
            Hoard of Fire Drake Found Empty; Young Rider Tames Wild Dragon;
            King Offers Reward for Dragon Slayer; Baby Dragon Sets Fire to Haystack;
            Peace Signed With the Scaly Folk
        """),
    ),
    Topic(
        name="trains",
        people=words("""
            train driver; ticket inspector; stationmaster; stoker; signalman/signalmen; railway guard;
            passenger; track worker; platform attendant; dining-car waiter; commuter; trainspotter;
            railway engineer; luggage porter
        """),
        things=words("""
            locomotive; railway carriage; signal lamp; coupling; guard's whistle; buffer; goods wagon; boiler;
            piston; luggage rack; platform clock; coal shovel; sleeper berth; freight container; brake lever;
            points lever; headlamp; station sign; rail; dining car; sleeping car; signal box; ticket machine;
            luggage trolley; steam valve; emergency brake; handcar; destination board; brake van; steam gauge;
            tank wagon; platform bench; railway lantern; conductor's cap; diesel engine;
            level-crossing barrier
        """),
        stuff=words("""
            coal; steam; axle grease; freight; luggage; engine smoke; railway steel; gravel ballast;
            diesel oil
        """),
        places=words("""
            on the platform; in the dining car; at the level crossing; in the sleeping compartment;
            beside the track; in the signal box; under the station clock; in the railway tunnel;
            on the viaduct; at the ticket office; in the last carriage; on the footplate; in the engine shed;
            at the terminus; by the buffers
        """),
        adjectives=words("""
            steam-stained; sooty; oily; rattling; coal-black; riveted; cast-iron; soot-streaked; creaking;
            wheezing; well-oiled; smoke-stained; rusty; narrow-gauge; iron; clattering; newly painted;
            decommissioned; steam-age
        """),
        verbs=words("""
            oil; inspect; repair; repaint; test; service; clean; restore; replace; polish; photograph;
            modernise; sketch; measure; overhaul; stand/stood/stood beside; design
        """),
        activities=words("""
            wait on the platform; board the express; shovel/shovelled/shovelled coal into the firebox;
            wave from the carriage window; change trains at the junction; punch the tickets;
            sleep/slept/slept in the couchette; listen to the clatter of the rails; count the wagons;
            run/ran/run for the last train; couple the carriages; blow/blew/blown the guard's whistle;
            ride/rode/ridden in the locomotive; lean out of the compartment; study the timetable;
            load the goods wagons
        """),
        events=words("""
            the train pulled into the station; the guard blew the whistle; steam hissed from the locomotive;
            the signal turned green; the express thundered over the viaduct; the carriages jolted and stopped;
            the conductor checked the tickets; the train plunged into the tunnel;
            the night train left on time; the barriers came down at the crossing; the wheels began to turn;
            a loudspeaker announced the platform; the goods train rattled past; the doors closed with a hiss
        """),
        problems=words("""
            the train was two hours late; the locomotive broke down in the tunnel; a cow stood on the track;
            the last train left without its passengers; the points were stuck;
            the suitcase went to the wrong station; a tree fell across the rails;
            the brakes failed on the slope; the tickets blew out of the window; the signal stayed red;
            the dining car was uncoupled by mistake; the boiler ran out of water
        """),
        fixes=words("""
            wait for the next train; pull the emergency brake; ask the stationmaster;
            change at the next station; switch the points by hand; couple another engine to the train;
            clear the track; telephone the signal box; buy/bought/bought a new ticket;
            walk along the rails to the station; take/took/taken the bus to the junction
        """),
        goals=words("""
            drive/drove/driven a steam locomotive; catch/caught/caught the early train;
            ride/rode/ridden the Orient Express; become/became/become a stationmaster;
            cross the continent by rail; see/saw/seen every station on the line; restore the old engine;
            travel/travelled/travelled in the first-class carriage; lay/laid/laid a new railway line;
            get/got/got a seat by the window; set/set/set a speed record on rails
        """),
        questions=pairs("""
            What did steam engines burn? = most of them burned coal;
            What does a red signal mean? = the train must stop;
            Who drives a train? = the train driver sits in the cab at the front;
            What is a sleeper under the rails? = it is a beam that holds the rails apart;
            Why do trains need long to stop? = they are heavy and steel wheels roll easily;
            What is a terminus? = a terminus is the last station of a line;
            Who built the Rocket? = George and Robert Stephenson built it;
            Why are there gaps in old rails? = metal expands when it gets warm;
            What does a stoker do? = he shovels coal into the firebox;
            What is a gauge? = the gauge is the distance between the rails;
            Which tunnel joins England and France? = the Channel Tunnel joins them;
            What do points do? = they guide a train from one track to another
        """),
        tips=words("""
            stand behind the yellow line; keep your ticket until you leave the station;
            never walk on the track; check the platform before you board; reserve a seat on the night train;
            arrive ten minutes before departure; let passengers off before you get on;
            do not lean out of the carriage window; stop and look at every level crossing; label your luggage
        """),
        headlines=words("""
            Night Train Returns After Twenty Years; Signal Failure Delays Thousands;
            Steam Locomotive Back on the Rails; New Tunnel Shortens Rail Journey;
            Express Train Stopped by Sheep; Station Clock Runs Backwards; Rail Fares to Rise in Spring;
            Last Branch Line Saved From Closure
        """),
    ),
)
