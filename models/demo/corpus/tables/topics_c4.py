"""Hand-written vocabulary of the topics dinosaurs, volcanoes and cycling."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

DINOSAURS = Topic(
    name="dinosaurs",
    people=words(
        "palaeontologist; tyrannosaurus/tyrannosauruses; stegosaurus/stegosauruses; "
        "triceratops/triceratops; fossil hunter; velociraptor; brachiosaurus/brachiosauruses; "
        "diplodocus/diplodocuses; pterodactyl; iguanodon; baby dinosaur; excavator of fossils/excavators "
        "of fossils; allosaurus/allosauruses; dinosaur expert; ankylosaurus/ankylosauruses; sauropod"
    ),
    things=words(
        "fossil; dinosaur egg; dinosaur footprint; thigh bone; jawbone; claw; rock hammer; dinosaur skull; "
        "tail spike; bony plate; fossil tooth/fossil teeth; fern; rib cage; neck bone; horned skull; nest "
        "of eggs/nests of eggs; ammonite; trilobite; excavation pit; plaster cast; leg bone; dinosaur "
        "skeleton; amber bead; dinosaur track; tree fern; cycad; backbone; eggshell; raptor claw; neck "
        "frill; dinosaur nest; dig site; fossil slab; vertebra/vertebrae; bone bed; fossil brush"
    ),
    stuff=words(
        "prehistoric mud; amber; petrified wood; fossil dust; sandstone; limestone; dinosaur skin; swamp "
        "water; plaster; dinosaur dung"
    ),
    places=words(
        "at the dig site; in the jurassic swamp; among the giant ferns; in the fossil bed; under the tree "
        "ferns; at the watering hole; in the cretaceous valley; beside the dinosaur nest; between two "
        "layers of rock; on the muddy lake shore; in the excavation pit; behind the cycads; under the huge "
        "ribs; in the land of the dinosaurs; in the shadow of a brachiosaurus"
    ),
    adjectives=words(
        "prehistoric; fossilised; extinct; jurassic; gigantic; petrified; scaly; cretaceous; reptilian; "
        "enormous; million-year-old; primeval; triassic; massive; fossil-bearing; long-buried; colossal; "
        "spiky; bony; mighty"
    ),
    verbs=words(
        "unearth; excavate; trample; stomp on; dig/dug/dug up; roar at; measure; reconstruct; brush off; "
        "discover; catalogue; lumber past; crush; uncover; thunder past; tread/trod/trodden on; study; "
        "guard; piece together"
    ),
    activities=words(
        "roar across the valley; dig/dug/dug for fossils; munch giant ferns; stomp through the swamp; "
        "hatch from an egg; brush the dust off the bones; run/ran/run with the herd; hunt in a pack of "
        "raptors; measure the footprints; rebuild/rebuilt/rebuilt the skeleton; swing/swung/swung a spiky "
        "tail; wade through the marsh; glide on leathery wings; guard the nest; lumber to the watering "
        "hole; follow the giant tracks; sharpen the terrible claws"
    ),
    events=words(
        "the ground shook under heavy footsteps; an egg began to crack; the tyrannosaurus roared; a herd "
        "of triceratops thundered past; a giant footprint appeared in the mud; the pterodactyl spread its "
        "leathery wings; a bone stuck out of the rock; the baby dinosaur took its first step; the raptors "
        "sniffed the air; a long neck rose above the ferns; the stegosaurus swung its tail; a new skeleton "
        "came to light; the palaeontologist shouted with joy; the diplodocus waded into the lake; a fiery "
        "meteor crossed the sky"
    ),
    problems=words(
        "the tyrannosaurus was hungry; the herd had eaten all the ferns; the skull was missing from the "
        "skeleton; an egg rolled out of the nest; raptors surrounded the herd; the swamp dried up; the leg "
        "bone broke in three pieces; the rain washed away the footprints; the diplodocus sank into the "
        "mud; nobody could tell which dinosaur it was; the baby triceratops lost its herd; the bones had "
        "been put together wrongly; a landslide buried the fossils"
    ),
    fixes=words(
        "follow the footprints; roar as loud as possible; wrap/wrapped/wrapped the bones in plaster; "
        "hide/hid/hidden among the ferns; join the herd; ask the palaeontologist; compare the teeth; carry "
        "the egg back to the nest; scare the raptors away; migrate to a greener valley; "
        "rebuild/rebuilt/rebuilt the skeleton bone by bone"
    ),
    goals=words(
        "find/found/found a complete skeleton; hatch a dinosaur egg; discover a new dinosaur; outrun the "
        "tyrannosaurus; find/found/found the greenest ferns; protect the nest; ride/rode/ridden on a "
        "triceratops; dig/dug/dug up the biggest fossil; roar louder than all the others; learn why the "
        "dinosaurs died out; rescue the baby dinosaur"
    ),
    questions=pairs(
        "Why did the dinosaurs die out? = most scientists blame a giant asteroid; What did the triceratops "
        "eat? = it ate plants; How many horns did a triceratops have? = it had three horns; What is a "
        "fossil? = it is the trace of ancient life in stone; Which animals descend from dinosaurs? = birds "
        "descend from dinosaurs; How did dinosaurs have their young? = they laid eggs; What did the "
        "tyrannosaurus eat? = it ate other dinosaurs; Why did the brachiosaurus have a long neck? = it "
        "could reach the tops of the trees; When did the last big dinosaurs live? = they lived about "
        "sixty-six million years ago; What does a palaeontologist do? = a palaeontologist studies fossils; "
        "Was the pterodactyl a dinosaur? = it was a flying reptile but no dinosaur; What was the tail of "
        "the stegosaurus for? = its spikes kept hunters away; Did people live with dinosaurs? = the big "
        "dinosaurs died long before the first people"
    ),
    tips=words(
        "never stand behind a stegosaurus; brush a fossil very gently; number every bone you find; stay "
        "away from a dinosaur nest; look for fossils after heavy rain; wrap old bones in plaster; run when "
        "the ferns start to shake; measure each footprint twice; never tickle a tyrannosaurus; count the "
        "horns before you name a dinosaur; do not hammer close to the skull"
    ),
    headlines=words(
        "Giant Dinosaur Skeleton Unearthed; Schoolgirl Finds Raptor Claw; Dinosaur Eggs Discovered in "
        "Quarry; Fossil Hunters Celebrate New Species; Stolen Skull of Triceratops Recovered; Footprints "
        "Show Herd on the Move; Feathered Dinosaur Surprises Experts; Scientists Argue Over Tyrannosaurus "
        "Arms; Builders Dig Up Jurassic Bone"
    ),
)

VOLCANOES = Topic(
    name="volcanoes",
    people=words(
        "volcanologist; lava guide; seismologist; crater guard; ash sweeper; geologist; lava photographer; "
        "volcano watcher; sulphur miner; evacuation officer; villager below the volcano/villagers below "
        "the volcano; eruption survivor; steam engineer; rock collector"
    ),
    things=words(
        "crater; volcano/volcanoes; lava flow; ash cloud; geyser; magma chamber; lava bomb; steam vent; "
        "seismograph; pumice stone; hot spring; lava tube; caldera; fissure; cinder cone; basalt column; "
        "gas mask; lava lake; obsidian chip; eruption column; tremor sensor; heatproof boot; mud pot; "
        "warning siren; lava sample; ash layer; crater rim; fumarole; basalt cliff; heatproof suit; "
        "volcanic island; lava fountain; evacuation sign; sulphur crystal; magma vent; lava field"
    ),
    stuff=words("lava; volcanic ash; magma; pumice; sulphur; molten rock; steam; obsidian; basalt; smoke; ash rain"),
    places=words(
        "at the edge of the crater; on the slopes of the volcano; inside the lava tube; beside the hot "
        "spring; under the ash cloud; in the caldera; on the black lava field; near the steam vent; at the "
        "volcano observatory; deep in the magma chamber; in the evacuation camp; on the crater rim; at the "
        "foot of the volcano; between two lava flows; beside the geyser"
    ),
    adjectives=words(
        "volcanic; molten; smoking; ash-covered; sulphurous; steaming; red-hot; smouldering; fiery; "
        "basaltic; scorched; sooty; rumbling; bubbling; charred; erupting; glassy black; seething; "
        "heat-cracked; cinder-grey"
    ),
    verbs=words(
        "observe; monitor; scorch; measure; map/mapped/mapped; bury; approach; photograph; engulf; study; "
        "survey; avoid; hurry away from; flow towards; sample; record; watch; examine; point at"
    ),
    activities=words(
        "measure the tremors; climb to the crater rim; collect lava samples; run/ran/run from the lava; "
        "watch the eruption; sweep/swept/swept the ash off the roofs; wait for the next eruption; bathe in "
        "the hot spring; listen to the rumbling; walk over cooled lava; breathe through a gas mask; peer "
        "into the crater; evacuate the village; photograph the lava fountains; cough in the sulphur fumes; "
        "read/read/read the seismograph; camp below the volcano"
    ),
    events=words(
        "the volcano erupted; a column of ash rose into the sky; the ground began to tremble; lava poured "
        "over the crater rim; the geyser shot up with a hiss; ash fell like grey snow; the seismograph "
        "needle jumped; a new fissure opened in the slope; the crater glowed red at night; the warning "
        "siren howled; a glowing boulder flew through the air; the volcano fell silent again; steam hissed "
        "from every crack; the lava reached the shore; the smell of sulphur filled the air"
    ),
    problems=words(
        "the lava blocked the road; ash covered every roof in the village; the volcano woke up after a "
        "hundred years; poisonous gas leaked from a vent; the seismograph broke during the tremors; the "
        "ash cloud hid the sun; the lava crept towards the houses; the hot spring boiled over; the gas "
        "mask had a crack; nobody heard the warning siren; a lava bomb hit the observatory; the lava tube "
        "collapsed; the boots began to melt"
    ),
    fixes=words(
        "evacuate the whole village; wait for the lava to cool; put/put/put on a gas mask; dig/dug/dug a "
        "trench for the lava; cool the lava with water; shelter in the observatory; sound the warning "
        "siren; walk round the lava field; sweep/swept/swept away the ash; retreat from the crater; "
        "build/built/built a wall of basalt"
    ),
    goals=words(
        "look into the crater; predict the next eruption; collect a piece of obsidian; film the lava lake; "
        "save the village from the lava; map/mapped/mapped every lava tube; measure the heat of the magma; "
        "watch an eruption by night; bathe in the warmest spring; wake the sleeping volcano; understand "
        "the rumbling below"
    ),
    questions=pairs(
        "What is lava? = it is molten rock that has reached the surface; What is magma? = it is molten "
        "rock below the ground; Why do volcanoes erupt? = gas and pressure push the magma up; What is a "
        "crater? = it is the hollow at the top of a volcano; Why does pumice float? = it is full of tiny "
        "gas bubbles; What is obsidian? = it is black glass made by a volcano; How hot is lava? = it can "
        "be hotter than a thousand degrees; What is a geyser? = it is a spring that shoots up hot water; "
        "Which volcano buried Pompeii? = Vesuvius buried it under ash; What does a seismograph do? = it "
        "records the shaking of the ground; What is a dormant volcano? = it is a volcano that sleeps but "
        "may erupt again; Why is soil near volcanoes fertile? = old ash is rich in minerals; What is a "
        "caldera? = it is a huge hollow left when a volcano collapses"
    ),
    tips=words(
        "never walk on fresh lava; wear a mask when ash falls; leave at the first tremor; keep away from "
        "steam vents; carry a helmet near the crater; sweep ash off the roof before it rains; follow the "
        "evacuation signs; never camp inside a crater; test the hot spring with a thermometer first; move "
        "uphill when gas fills the hollow; listen for the siren"
    ),
    headlines=words(
        "Volcano Erupts After Century of Sleep; Ash Cloud Darkens the Sky; Lava Stops Just Short of "
        "Village; Thousands Flee Rumbling Crater; Geyser Surprises Tourists; New Island Born From Lava; "
        "Scientists Warn of Coming Eruption; Villagers Return to Ash-Covered Homes; Seismograph Records "
        "Strongest Tremor Yet"
    ),
)

CYCLING = Topic(
    name="cycling",
    people=words(
        "cyclist; bicycle mechanic; bike courier; racing cyclist; mountain biker; team captain; "
        "unicyclist; sprinter; tandem rider; cycle tourist; bike shop owner; commuter on a bike/commuters "
        "on bikes; velodrome champion; bmx rider; race marshal"
    ),
    things=words(
        "bicycle; tandem; racing bike; bicycle bell; saddle; handlebar; bike chain; inner tube; spoke; "
        "puncture kit; cycle helmet; bike pump; pedal; front wheel; bike lock; gear lever; brake cable; "
        "pannier; bike lamp; reflector; kickstand; mudguard; tricycle; unicycle; bike rack; yellow jersey; "
        "water bottle; crossbar; sprocket; bike trailer; cycling glove; spare tyre; bike basket; cargo "
        "bike; tyre lever; cycle shoe"
    ),
    stuff=words(
        "chain oil; bike wax; rubber; sweat; headwind; road grit; energy drink; bike grease; tyre sealant; "
        "handlebar tape"
    ),
    places=words(
        "on the cycle path; at the bike shop; in the bike lane; at the finish line; on the back of the "
        "tandem; by the bike rack; on the steep bend; in the velodrome; on the saddle; at the repair "
        "stand; in the middle of the peloton; over the handlebars; beside the puncture kit; at the start "
        "of the stage; along the towpath"
    ),
    adjectives=words(
        "two-wheeled; rusty; well-oiled; lightly built; chrome-plated; greasy; second-hand; bent; wobbly; "
        "ultra-light; adjustable; dented; race-ready; rattling; carbon-fibre; sporty; mud-flecked; "
        "roadworthy; sturdy; speedy"
    ),
    verbs=words(
        "oil; repair; adjust; tighten; test; lock up; grease; mount; lubricate; polish; ride/rode/ridden "
        "with; borrow; cycle past; clean; loosen; swerve around; replace; straighten; buy/bought/bought"
    ),
    activities=words(
        "ride/rode/ridden uphill; cycle to work; patch the inner tube; race down the hill; ring/rang/rung "
        "the bell; sprint for the finish line; change gears; pump up the tyres; freewheel downhill; cycle "
        "along the canal; wobble round the corner; oil the chain; brake hard; lead/led/led the peloton; "
        "ride/rode/ridden without hands; train for the big race; cycle against the wind"
    ),
    events=words(
        "the race began; the bell rang at the crossroads; the peloton flew by; the chain clicked into "
        "gear; the road dropped steeply downhill; a cyclist overtook the bus; the wheels hummed on the "
        "smooth road; the tandem wobbled round the bend; the yellow jersey changed hands; the bike lamp "
        "flickered on; the finish line came into sight; a headwind blew all the way; the sprinter broke "
        "away from the group; the new cycle path opened; the crowd cheered on the last climb"
    ),
    problems=words(
        "the front tyre was flat; the chain came off; the brakes failed on the way down; the bike was "
        "stolen; the saddle was far too high; a spoke snapped; the pump was broken; the bike lock would "
        "not open; the gears jammed on the steepest climb; the handlebar came loose; the tandem would not "
        "go round the bend; rain made the cycle path slippery; the back wheel was bent"
    ),
    fixes=words(
        "glue a patch on the tube; put/put/put the chain back on; push the bike the rest of the way; "
        "borrow a bicycle pump; tighten the loose bolts; change the tyre; adjust the brakes; ask the "
        "bicycle mechanic; straighten the wheel; hop/hopped/hopped on the back of a tandem; walk to the "
        "bike shop"
    ),
    goals=words(
        "win/won/won the yellow jersey; cycle across the whole country; learn to ride without stabilisers; "
        "ride/rode/ridden up the steepest hill; build/built/built a tandem; overtake/overtook/overtaken "
        "the leader; buy/bought/bought a new racing bike; break/broke/broken the hour record; cycle a "
        "hundred miles in a day; balance on one wheel; reach the finish line first"
    ),
    questions=pairs(
        "Why do cyclists wear helmets? = helmets protect the head in a fall; What does a bike chain do? = "
        "it drives the back wheel; Why do bikes have gears? = gears make climbing easier; What is a "
        "tandem? = it is a bicycle for two riders; What is a peloton? = it is the main group of riders in "
        "a race; Who wears the yellow jersey? = the leader of the Tour de France wears it; What is a "
        "velodrome? = it is a banked track for bike races; How many wheels does a unicycle have? = it has "
        "one wheel; Why do riders follow close behind each other? = the rider in front breaks the wind; "
        "Why should you oil a chain? = oil stops rust and makes it run smoothly; What are spokes for? = "
        "they hold the rim in shape; What is a puncture? = it is a hole in a tyre; How many wheels does a "
        "tricycle have? = it has three wheels"
    ),
    tips=words(
        "always wear a helmet; oil your chain once a month; check the brakes before you set off; carry a "
        "spare inner tube; ring the bell before you overtake; change gear before the hill; lock your bike "
        "to something solid; switch on your lamp at dusk; keep both hands on the handlebars; pump up the "
        "tyres every week; set the saddle at hip height"
    ),
    headlines=words(
        "Cyclist Wins Race on Borrowed Bike; City Opens Ten Miles of Cycle Path; Tandem Couple Rides Round "
        "the World; Bike Thief Caught With Flat Tyre; Rain Ruins Final Stage; Mayor Swaps Limousine for "
        "Bicycle; Sprinter Takes Yellow Jersey; Hundreds Join Helmet Campaign; Unicyclist Crosses Country "
        "in a Month"
    ),
)

TOPICS_C4: tuple[Topic, ...] = (DINOSAURS, VOLCANOES, CYCLING)
