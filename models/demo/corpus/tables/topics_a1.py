"""Hand-made vocabulary of the topics sea, forest, kitchen."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

TOPICS_A1: tuple[Topic, ...] = (
    Topic(
        name="sea",
        people=words("""
            sailor; lighthouse keeper; fisherman/fishermen; pearl diver; sea captain; harbour master;
            deckhand; coastguard; shipwright; helmsman/helmsmen; boatswain; whale watcher; ferry pilot
        """),
        things=words("""
            anchor; fishing net; oar; buoy; lobster pot; sextant; spyglass; life jacket; rowing boat; dinghy;
            sail; rudder; harpoon; mooring rope; conch shell; signal flag; ship's bell; porthole; cork float;
            sea chart; ship's wheel; tiller; kayak; paddle; raft; figurehead; foghorn; snorkel; diving helmet;
            bilge pump; sea chest; surfboard; gangplank; crab trap
        """),
        stuff=words("""
            salt water; sea foam; seaweed; driftwood; plankton; ship's biscuit; spray; fish oil; coral
        """),
        places=words("""
            on the pier; behind the lighthouse; on the deck; below deck; at the end of the jetty;
            among the rock pools; on the sandbank; in the harbour; beyond the reef; in the shallow lagoon;
            beside the slipway; at the bottom of the bay; in the crow's nest; near the shipwreck;
            along the tideline
        """),
        adjectives=words("""
            salty; barnacled; seaworthy; storm-beaten; briny; waterlogged; sun-bleached; dripping; tarred;
            seaweed-covered; weathered; nautical; wave-tossed; sea-green; salt-crusted; shipshape; drifting;
            half-sunken; spray-soaked
        """),
        verbs=words("""
            haul in; scrub; fish out; repair; lash down; salvage; unload; rinse; patch up; dredge up; hoist;
            stow away; find/found/found; inspect; rescue; load; sink/sank/sunk
        """),
        activities=words("""
            row out to the reef; swim/swam/swum with the seals; dive into the waves; sail around the headland;
            search the beach for shells; watch the dolphins from the bow; paddle along the shore;
            fish for mackerel at dawn; steer by the stars over open water; float on the calm bay;
            surf on the big rollers; scrub the deck; collect seashells; catch/caught/caught crabs on the pier;
            haul in the nets; mend the torn sails
        """),
        events=words("""
            the tide came in early; a pod of whales surfaced beside the boat;
            the lighthouse beam swept across the waves; a huge wave washed over the deck;
            the fishing fleet returned to the harbour; the sea fog lifted; gulls circled above the mast;
            a message in a bottle drifted ashore; the wind filled the sails; the ferry sounded its horn;
            a seal popped up beside the jetty; the waves grew taller and taller;
            the sailors sang an old shanty; the coral reef glittered under the keel
        """),
        problems=words("""
            the mast broke in two; the boat sprang a leak; the anchor got stuck on the reef;
            a thick sea fog rolled in; the current pulled the dinghy out to sea; the nets came up empty;
            the ship ran aground on a sandbank; the rudder snapped;
            the tide cut off the way back to the beach; a storm tore the sails;
            everyone on board felt seasick; the lighthouse went dark
        """),
        fixes=words("""
            sail/sailed/sailed into the harbour; radio the coastguard; wait for the next high tide;
            row ashore; fire a red flare from the deck; ask the old harbour master for help;
            follow the sound of the foghorn; rig a spare sail; call a tugboat; steer for calmer water;
            send/sent/sent for the lifeboat
        """),
        goals=words("""
            catch/caught/caught the biggest fish in the bay; sail around the world;
            find/found/found the sunken ship; see/saw/seen a blue whale; reach the far island before dark;
            learn to surf; become/became/become captain of a ship; win/won/won the regatta;
            dive down to the coral reef; build/built/built a seaworthy raft; live in a lighthouse
        """),
        questions=pairs("""
            Why do tides rise? = the moon pulls the water of the sea;
            Why is the sea salty? = rivers carry salt from the rocks into it;
            How do fish breathe? = they take oxygen from the water with their gills;
            What makes waves? = the wind pushes the surface of the water;
            Why do ships float? = they push away as much water as they weigh;
            What is the largest animal in the sea? = the blue whale is the largest of all;
            What does a lighthouse do? = it warns ships of rocks and shows them the way;
            How many arms does an octopus have? = an octopus has eight arms;
            What is a coral reef made of? = tiny animals build it from limestone;
            Which ocean is the largest? = the Pacific is the largest ocean;
            What does an anchor do? = it holds a ship in one place;
            Where does a hermit crab live? = it lives in an empty shell
        """),
        tips=words("""
            always check the weather before you sail; wear a life jacket in every boat;
            learn the tide table by heart; never turn your back on the waves;
            swim only where a lifeguard can see you; coil the ropes before you leave the deck;
            rinse salt water off your gear; keep a torch and a flare on board;
            tell the harbour master where you are going; look at the horizon if you feel seasick
        """),
        headlines=words("""
            Harbour Reopens After Great Storm; Whale Spotted Near Fishing Boats;
            Lighthouse Lit Again After Thirty Years; Lifeboat Crew Saves Three Sailors;
            Record Tide Floods the Old Pier; Divers Find Wreck off the Coast;
            Ferry Stuck on Sandbank Until High Tide; Fishermen Return With Record Catch
        """),
    ),
    Topic(
        name="forest",
        people=words("""
            forester; woodcutter; forest ranger; mushroom picker; charcoal burner; hunter; trapper;
            birdwatcher; tree surgeon; lumberjack; forest warden; berry picker; woodcarver
        """),
        things=words("""
            acorn; pine cone; mushroom; fern; log; tree stump; oak leaf/oak leaves; twig; toadstool;
            hollow tree; beech nut; bramble bush; fallen branch; owl pellet; chestnut; sapling; hazel stick;
            walnut tree; antler; fox den; badger sett; pine needle; elderberry; squirrel drey;
            woodpecker hole; conifer; holly branch; spruce; tree root; deer track; birch; willow; otter track;
            lichen patch; rabbit burrow
        """),
        stuff=words("""
            moss; bark; resin; undergrowth; leaf litter; birdsong; bracken; firewood; ivy; tree sap
        """),
        places=words("""
            under the old oak; in the clearing; between the birches; behind the woodpile; on the mossy bank;
            along the deer trail; in the hollow tree; at the edge of the wood; among the ferns;
            by the woodland stream; deep in the pine forest; beside the fallen trunk; up in the treetops;
            in the thicket; near the forester's hut
        """),
        adjectives=words("""
            mossy; leafy; woodland; lichen-covered; gnarled; shady; overgrown; ivy-clad; damp; wild; knotty;
            dew-covered; resinous; earthy; half-rotten; ancient; sun-dappled; hidden; tangled; autumnal
        """),
        verbs=words("""
            sketch; find/found/found; photograph; point at; sniff at; step over; creep/crept/crept around;
            stumble upon; examine; brush against; notice; uncover; search for; track down; walk past;
            sit/sat/sat beside; stroke
        """),
        activities=words("""
            walk through the woods; follow the deer trail; gather mushrooms; climb the tallest beech;
            listen to the woodpecker; pick blackberries in the thicket; camp in the clearing;
            build/built/built a den of branches; look for owl feathers; hide/hid/hidden behind the trunks;
            watch the squirrels; chop firewood; sleep/slept/slept under the pines;
            creep/crept/crept through the undergrowth; track a fox; collect acorns
        """),
        events=words("""
            an owl hooted in the treetops; a deer stepped into the clearing; the leaves began to fall;
            a squirrel buried the last acorn; the woodpecker drummed on a hollow trunk;
            a fox slipped through the ferns; the wind rustled in the branches;
            sunlight fell through the canopy; mushrooms sprang up after the rain;
            a badger came out of its sett; the cuckoo called twice; an old pine creaked;
            a wild boar crashed through the undergrowth; the hedgehog rolled into a ball
        """),
        problems=words("""
            the trail vanished under the leaves; a fallen oak blocked the path;
            everyone got lost among the trees; the brambles tore the last coat;
            darkness fell deep in the woods; the mushrooms turned out to be poisonous;
            a wild boar stood on the path; a branch crashed onto the hut;
            the woodland stream flooded the clearing; the woodcutter lost the only axe;
            smoke rose between the pines; the map of the forest got soaked
        """),
        fixes=words("""
            follow the stream out of the woods; climb a tall tree to look around; call the forest ranger;
            leave/left/left a trail of acorns; shelter under a great oak; ask the old woodcutter;
            look for moss on the trunks; build/built/built a bridge of branches; wait quietly behind a trunk;
            turn back to the clearing; mark the trees with chalk
        """),
        goals=words("""
            find/found/found the oldest tree in the forest; see/saw/seen a wild deer;
            build/built/built a tree house; learn the names of all the trees; fill a basket with mushrooms;
            spend/spent/spent a night in the woods; plant a hundred saplings;
            hear/heard/heard the owl at midnight; protect the ancient oaks; carve a flute from elder wood;
            make/made/made friends with a squirrel
        """),
        questions=pairs("""
            Why do leaves turn yellow? = the tree takes back its green colour before winter;
            How old is a tree? = its rings show one year each;
            What do squirrels eat? = they eat nuts, seeds and acorns;
            Why do woodpeckers drum? = they look for grubs and call to each other;
            Which tree grows from an acorn? = an oak grows from an acorn;
            What is a mushroom? = a mushroom is the fruit of a fungus;
            When do owls hunt? = most owls hunt at night;
            Which trees stay green all year? = most conifers keep their needles all year;
            Where does a badger live? = it lives in a burrow called a sett;
            What do roots do? = they hold the tree and drink water from the soil;
            How do trees spread their seeds? = wind and animals carry the seeds away;
            What is resin for? = resin seals the wounds of a tree
        """),
        tips=words("""
            never eat a mushroom you do not know; stay on the marked trail;
            tread softly if you want to see deer; take a whistle into the woods; check your legs for ticks;
            leave young animals where they are; put out every campfire with water;
            wear long sleeves in the brambles; look up before you camp under old branches;
            learn to tell oak leaves from beech leaves
        """),
        headlines=words("""
            Rangers Plant Ten Thousand Oaks; Lost Hikers Found in Pine Forest; Rare Owl Returns to the Woods;
            Fallen Tree Blocks Forest Road; Mushroom Pickers Warned of Poisonous Toadstools;
            Village Fights to Save Ancient Beech; Wild Boar Seen Near Woodland Path;
            Oldest Oak Turns One Thousand
        """),
    ),
    Topic(
        name="kitchen",
        people=words("""
            cook; baker; pastry chef; waiter; dishwasher; head chef; kitchen maid; sous-chef; soup maker;
            confectioner; caterer; butler; food taster
        """),
        things=words("""
            saucepan; whisk; rolling pin; frying pan; ladle; colander; oven glove; chopping board; teapot;
            kettle; grater; wooden spoon; cake tin; mixing bowl; sieve; toaster; spatula; potato peeler;
            soup bowl; casserole dish; pie dish; measuring jug; egg timer; tea towel; salt shaker;
            pepper mill; bread knife/bread knives; baking tray; apron; corkscrew; lemon squeezer; sugar bowl;
            biscuit tin; gravy boat; butter dish
        """),
        stuff=words("""
            flour; butter; dough; gravy; onion soup; cinnamon; vanilla sugar; melted cheese; olive oil;
            porridge; garlic
        """),
        places=words("""
            on the stove; in the oven; beside the sink; in the pantry; on the kitchen table; under the sink;
            behind the fridge; on the spice shelf; in the cutlery drawer; at the kitchen counter;
            next to the bread bin; above the cooker; in the larder; among the pots and pans;
            in front of the dishwasher
        """),
        adjectives=words("""
            greasy; floury; buttery; sticky; spotless; stainless; sugary; soapy; sugar-dusted; steaming;
            crumb-covered; jam-smeared; gravy-stained; garlicky; freshly washed; heat-proof; well-used;
            dented; unwashed
        """),
        verbs=words("""
            rinse; dry; scrub; wash up; reach for; put/put/put away; stack; fetch; wipe; soak; scour; pick up;
            borrow; find/found/found; drop; unpack; hand over
        """),
        activities=words("""
            bake a cake; stir the soup; chop onions; knead the dough; peel potatoes; taste the sauce;
            lay/laid/laid the table; boil some eggs; roll out the pastry; cook a big stew; whisk the cream;
            fry pancakes; roast a chicken; make/made/made jam; wash the dishes; grate some cheese;
            sprinkle cinnamon on the buns
        """),
        events=words("""
            the kettle began to whistle; the cake rose beautifully; the smell of fresh bread filled the house;
            the soup boiled over; the oven timer rang; a pancake stuck to the ceiling;
            the dough doubled in size; the butter melted in the pan; steam clouded the kitchen window;
            someone licked the spoon; the guests asked for a second helping; the toast popped up;
            the sauce began to thicken; an egg rolled off the counter
        """),
        problems=words("""
            the cake burned; the milk boiled over; someone mixed up the salt and the sugar;
            the oven refused to heat up; the sauce turned lumpy; the last egg fell on the floor;
            the soup tasted of soap; the dough stuck to everything; the sink was blocked with potato peel;
            the lid of the jam jar would not open; the pie collapsed;
            the smoke from the frying pan filled the kitchen
        """),
        fixes=words("""
            start the recipe again; order some pizza; ask grandmother for her recipe;
            scrape off the burnt part; add a little cream; cover everything with icing;
            open the kitchen window; borrow some eggs from next door; serve sandwiches instead;
            mop the kitchen floor; turn down the heat
        """),
        goals=words("""
            bake the perfect loaf; cook dinner for twenty guests; learn the secret recipe;
            make/made/made the best soup in town; win/won/won the baking contest; open a small restaurant;
            taste every cheese in the pantry; write/wrote/written a cookbook;
            flip a pancake without dropping it; prepare a three-course meal;
            make/made/made chocolate from scratch
        """),
        questions=pairs("""
            Why does bread rise? = yeast fills the dough with bubbles of gas;
            Why do onions make us cry? = cutting them sets free a stinging gas;
            At what temperature does water boil? = water boils at a hundred degrees;
            What is butter made from? = butter is made from cream;
            Why does toast turn brown? = heat changes its sugars and proteins;
            What is flour made of? = flour is made of ground grain;
            Why does popcorn pop? = the water inside turns to steam and bursts it;
            What thickens a sauce? = a little flour or starch thickens it;
            Where does vanilla come from? = vanilla comes from the pods of an orchid;
            How long does a hard-boiled egg take? = a hard-boiled egg takes about ten minutes;
            Why do we salt food? = salt brings out its taste;
            What is in an omelette? = an omelette is mostly beaten eggs
        """),
        tips=words("""
            wash your hands before you cook; taste the soup before you salt it; keep the knives sharp;
            never leave hot oil alone on the stove; preheat the oven; read the whole recipe first;
            let the dough rest for an hour; use oven gloves for hot trays;
            clean the counter while the cake is baking; store the spices in the dark
        """),
        headlines=words("""
            Local Baker Wins Golden Whisk; Giant Pancake Feeds Whole Town; Chef Reveals Secret Soup Recipe;
            Burnt Toast Empties Hotel Kitchen; Butter Prices Reach New High;
            Restaurant Serves Its Millionth Omelette; Grandmother's Cookbook Becomes Bestseller;
            Cake Thief Caught With Cream on Nose
        """),
    ),
)
