"""Hand-made vocabulary of the topics garden, robots and farm."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

TOPICS_B1: tuple[Topic, ...] = (
    Topic(
        name="garden",
        people=words(
            "gardener; head gardener; rose grower; allotment keeper; nursery owner; groundskeeper; tree "
            "surgeon; florist; seed merchant; landscape designer; herb grower; flower show judge; weekend "
            "gardener"
        ),
        things=words(
            "rose bush; tulip bulb; sunflower; runner bean; tomato plant; lavender bush; hanging basket; "
            "window box; sweet pea; marigold; courgette; pumpkin; foxglove; hydrangea; daffodil; strawberry "
            "plant; raspberry cane; lily; peony; geranium; primrose; honeysuckle; snowdrop; dahlia; "
            "begonia; apple sapling; climbing rose; seedling; flower bed; privet hedge; radish; rhubarb "
            "plant; potted fern; lettuce; pansy; hollyhock"
        ),
        stuff=words("compost; topsoil; mulch; leaf mould; plant food; lawn seed; potting soil; pollen; moss"),
        places=words(
            "in the greenhouse; beside the potting shed; between the flower beds; behind the compost heap; "
            "under the rose arch; along the garden path; by the birdbath; at the edge of the lawn; on the "
            "allotment; next to the vegetable patch; near the garden gate; under the apple tree; beside the "
            "lily pond; in the walled orchard; at the plant nursery"
        ),
        adjectives=words(
            "leafy; blooming; sun-loving; freshly watered; drooping; fragrant; half-grown; neglected; "
            "well-tended; sprouting; dew-covered; home-grown; thriving; thirsty; slow-growing; "
            "frost-bitten; healthy; wilted; prize-winning; flourishing"
        ),
        verbs=words(
            "plant; water; grow/grew/grown; weed around; transplant; feed/fed/fed; mulch; replant; tend; "
            "prune; fertilise; shade; admire; coddle; nurture; spray; propagate; fuss over"
        ),
        activities=words(
            "mow the lawn; rake up the dead leaves; pull up weeds; prune the roses; sow carrots in straight "
            "rows; turn the compost; fill the watering can; push the wheelbarrow down the path; "
            "trim/trimmed/trimmed the hedge; pick ripe tomatoes; potter about in the greenhouse; doze in "
            "the deckchair; sort the seed packets; edge the flower beds; sweep/swept/swept the patio; prick "
            "out the seedlings; kneel/knelt/knelt among the lettuces"
        ),
        events=words(
            "the first snowdrops came up; the roses burst into bloom; the seedlings pushed through the "
            "soil; a robin perched on the spade handle; the tomatoes ripened all at once; a hedgehog crept "
            "out of the compost heap; the apple tree dropped its blossom; the lawn turned yellow; the "
            "sunflowers grew taller than the shed; a warm shower soaked the vegetable patch; the sweet peas "
            "climbed over the fence; the wheelbarrow tipped over on the path; the neighbour handed a marrow "
            "over the hedge; the flower show opened its gates; a toad moved in under the flowerpot"
        ),
        problems=words(
            "slugs ate all the lettuces; a late frost killed the seedlings; the garden hose sprang a leak; "
            "weeds choked the flower beds; greenfly covered the roses; the wind smashed a pane of the "
            "greenhouse; the tomato plants wilted in the heat; moles tore up the lawn; blight spread "
            "through the potatoes; the lawnmower refused to start; the watering can rusted through; "
            "bindweed strangled the raspberry canes; pigeons stripped the cabbages bare"
        ),
        fixes=words(
            "spread/spread/spread fresh mulch over the beds; cover the seedlings with fleece; mend the hose "
            "with tape; pull out every last weed; stake the stems with bamboo canes; lay/laid/laid copper "
            "tape against the slugs; sow a second row; move the pots into the shade; hang/hung/hung a net "
            "over the vegetable patch; wash the leaves with soapy water; borrow a lawnmower from the "
            "neighbours"
        ),
        goals=words(
            "grow/grew/grown the heaviest pumpkin in the county; plant a secret rose garden; win/won/won "
            "first prize at the flower show; build/built/built a greenhouse from old windows; turn the "
            "muddy yard into a lawn; breed/bred/bred a blue rose; harvest enough beans for the whole "
            "street; make/made/made a wildflower meadow; have/had/had flowers in every month of the year; "
            "grow/grew/grown vegetables on the balcony; raise an orchard from pips"
        ),
        questions=pairs(
            "Why do plants need sunlight? = they use it to make their own food; When should you plant tulip "
            "bulbs? = tulip bulbs go into the ground in autumn; Why do gardeners make compost? = compost "
            "feeds the soil; What do roots do? = roots take up water from the soil; Why are flowers so "
            "colourful? = bright petals attract pollinators; Why do gardeners spread mulch? = mulch keeps "
            "the soil moist; When is the best time to water plants? = early morning is the best time to "
            "water; Why do weeds bother gardeners? = weeds steal water and light from other plants; What is "
            "a perennial? = a perennial is a plant that comes back every year; What is an annual plant? = "
            "an annual lives for just one season; Why is a greenhouse warm? = the glass traps the heat of "
            "the sun; How do you make roses bloom again? = you cut off the faded flowers; Why are worms "
            "good for a garden? = they loosen and enrich the soil"
        ),
        tips=words(
            "always water the roots and not the leaves; cut the faded roses to get new blooms; plant your "
            "bulbs before the first frost; never let the compost dry out; wear gloves when you prune the "
            "roses; leave a little space between the seedlings; sharpen the shears before spring; keep the "
            "slugs away with crushed eggshells; harden off young plants before you move them outside; write "
            "the name on every plant pot; do not mow the lawn too short; collect rainwater in a barrel"
        ),
        headlines=words(
            "Giant Pumpkin Wins Flower Show; Village Allotments Saved From Builders; Slugs Ruin Prize "
            "Lettuces; Rose Garden Blooms After Forty Years; Hosepipe Ban Worries Gardeners; Greenhouse "
            "Shattered by Hailstorm; Tallest Sunflower Breaks County Record; Neighbours Quarrel Over "
            "Overgrown Hedge; Rare Orchid Found in Back Yard"
        ),
    ),
    Topic(
        name="robots",
        people=words(
            "robot builder; roboticist; inventor; mechanic; android; cyborg; robot designer; factory "
            "engineer; lab assistant; electrician; test operator; robot trainer; gadget maker; automation "
            "expert"
        ),
        things=words(
            "servo motor; robot arm; gripper; proximity sensor; battery pack; powered claw; gearbox; "
            "antenna/antennas; android head; voice module; motorised joint; vacuum robot; crawler unit; "
            "charging dock; radio handset; actuator; laser scanner; camera eye; toy robot; power cell; "
            "welding arm; hydraulic leg; motion detector; control panel; exoskeleton; assembly robot; robot "
            "butler; walking machine; bionic hand; signal lamp; emergency switch; speech synthesiser; robot "
            "dancer; delivery robot"
        ),
        stuff=words(
            "machine oil; solder; copper wire; brushed steel; hydraulic fluid; grease; titanium; electric "
            "current; carbon fibre"
        ),
        places=words(
            "in the robot workshop; on the assembly line; beside the charging station; on the workbench; "
            "inside the robotics lab; at the robot fair; behind the control console; next to the welding "
            "booth; in the android showroom; near the conveyor belt; at the inventor's house; in the spare "
            "parts depot; under the test rig; on the factory floor; in the scrap metal yard"
        ),
        adjectives=words(
            "metallic; automatic; remote-controlled; squeaky; mechanical; whirring; battery-powered; "
            "self-repairing; beeping; humming; electric; chrome-plated; experimental; malfunctioning; "
            "rewired; tireless; programmable; short-circuited; blinking; high-precision"
        ),
        verbs=words(
            "assemble; calibrate; repair; rewire; fine-tune; switch on; switch off; take/took/taken apart; "
            "inspect; lubricate; activate; deactivate; reassemble; upgrade; test; wire up; install; power "
            "down"
        ),
        activities=words(
            "solder wires at the workbench; tighten loose bolts; charge the batteries; teach/taught/taught "
            "a robot to dance; build/built/built an android from spare parts; test the new sensors; march "
            "in mechanical step; oil the squeaky joints; race vacuum robots down the corridor; sort screws "
            "by size; steer the robot with a joystick; follow the robot around the workshop; beep at every "
            "passer-by; sketch new inventions; watch the welding arms at work; polish the steel plates; "
            "play tag with the walking machine"
        ),
        events=words(
            "the robot took its first step; the android blinked its blue eyes; a red light flashed on the "
            "control panel; the vacuum robot got stuck under the sofa; the robot learned to say please; "
            "sparks flew from the welding arm; the metal claw picked up a raw egg without a crack; the "
            "robot bowed to its inventor; the assembly line started with a hum; the robot butler served the "
            "tea; two robots shook hands; the battery indicator turned green; the toy robot marched off the "
            "table; the robot drew a perfect circle; the android asked its very first question"
        ),
        problems=words(
            "the battery ran flat; a wire came loose inside the robot; the robot walked in circles; the "
            "left arm jammed; the gears ground to a halt; the android forgot all its commands; the sensors "
            "stopped responding; the motor overheated; the robot mistook the cat for a rug; the voice "
            "module only repeated one word; a screw went missing from the knee joint; rust got into the "
            "joints; the robot refused every order"
        ),
        fixes=words(
            "replace the burnt-out fuse; press the emergency switch; recharge the battery overnight; "
            "tighten the loose screw; restart the control unit; oil the rusty joints; swap/swapped/swapped "
            "the faulty motor for a new one; reconnect the red wire; clean the dust from the sensors; "
            "download a fresh set of commands; bend/bent/bent the antenna straight"
        ),
        goals=words(
            "build/built/built a robot with feelings; win/won/won the robot race; invent a machine that "
            "folds laundry; teach/taught/taught a robot to tell jokes; create an army of helpful androids; "
            "make/made/made a robot that climbs stairs; understand/understood/understood how androids "
            "think; find/found/found a friend for the lonely robot; repair the oldest robot in the world; "
            "automate the whole toy factory; build/built/built a robot as small as a coin"
        ),
        questions=pairs(
            "What is a robot? = a robot is a machine that can carry out tasks on its own; Where does the "
            "word robot come from? = it comes from a Czech play about artificial workers; What does a servo "
            "motor do? = it turns a joint to an exact angle; How does a robot see? = it uses cameras and "
            "sensors; Why do factories use robots? = robots can repeat the same task without getting tired; "
            "What is an android? = an android is a robot that looks like a human; What powers most mobile "
            "robots? = rechargeable batteries power most of them; Why do robots need sensors? = sensors "
            "tell them what is around them; What is an actuator? = an actuator is the part that makes a "
            "robot move; Do robots have feelings? = robots only follow their instructions; How does a robot "
            "vacuum avoid falling down stairs? = sensors underneath it detect the edge; Why do machines "
            "need oil? = oil reduces friction between the moving parts; Who wrote the three laws of "
            "robotics? = Isaac Asimov wrote them"
        ),
        tips=words(
            "always unplug a robot before you open it; charge the battery fully before the first test; "
            "label every wire before you disconnect it; start with a simple two-wheeled robot; keep your "
            "fingers away from the gears; test one motor at a time; never store batteries in the sun; build "
            "in an emergency switch; use a drop of oil for squeaky joints; save spare screws in a jar; let "
            "the solder cool before you touch it"
        ),
        headlines=words(
            "Robot Butler Serves First Guests; Factory Welcomes Hundredth Robot; Android Passes Driving "
            "Test; Runaway Vacuum Robot Found Three Streets Away; Robot Arm Learns to Tie Shoelaces; "
            "Inventor Unveils Walking Machine; Robots Take Over Night Shift; Schoolgirl Builds Android From "
            "Scrap Metal; Delivery Robot Stuck in Revolving Door"
        ),
    ),
    Topic(
        name="farm",
        people=words(
            "farmer; farmhand; milkmaid; shepherd; ploughman/ploughmen; dairy farmer; stable hand; pig "
            "farmer; goatherd; tractor driver; cheesemaker; land owner; harvest worker; poultry keeper"
        ),
        things=words(
            "tractor; plough; hay fork; milk churn; pitchfork; egg basket; feed bucket; cowbell; scarecrow; "
            "cattle trough; chicken coop; hay cart; combine harvester; seed drill; fence post; milking "
            "stool; milking machine; grain sack; straw chopper; sheep hurdle; butter churn; harrow; potato "
            "crate; muck fork; cattle trailer; pig trough; hay rake; baler; farm gate; ox yoke; horse "
            "harness; feeding bottle; scythe; manure spreader"
        ),
        stuff=words("hay; straw; manure; barley; fresh milk; cattle feed; wheat; silage; oats; raw wool"),
        places=words(
            "in the barn; behind the cowshed; beside the pigsty; on the dung heap; across the wheat field; "
            "in the hayloft; by the duck pond; near the henhouse; in the farmyard; next to the grain silo; "
            "in the lower pasture; by the cattle grid; along the muddy farm track; outside the milking "
            "parlour; at the livestock market"
        ),
        adjectives=words(
            "muddy; hay-covered; old-fashioned; mud-caked; farmyard; weather-beaten; well-worn; "
            "second-hand; sturdy; battered; straw-covered; heavy; home-made; manure-stained; dirty; "
            "country-made; rickety; hard-wearing; borrowed; patched-up"
        ),
        verbs=words(
            "haul; hose down; mend; shift; load up; unload; heave up; store; borrow; lend/lent/lent; hoist; "
            "push aside; auction off; sell/sold/sold; inherit; fetch"
        ),
        activities=words(
            "milk the cows at dawn; muck out the stable; feed/fed/fed the piglets; drive/drove/driven the "
            "tractor across the field; collect eggs from the henhouse; herd the sheep into the pen; "
            "shear/sheared/shorn the sheep; bring/brought/brought in the hay; plough the top field; chase "
            "the geese out of the yard; stack straw bales; churn butter; bottle-feed/bottle-fed/bottle-fed "
            "the orphan lamb; harvest the wheat; lead/led/led the cattle to pasture; mend the fences; "
            "thresh the barley"
        ),
        events=words(
            "the cow had twin calves; the rooster crowed before sunrise; the hens laid a dozen brown eggs; "
            "the sow had nine piglets; the goat chewed through its rope; the harvest began; the tractor "
            "rumbled into the yard; the lambs skipped across the pasture; a calf took its first wobbly "
            "steps; the geese chased the postman down the lane; the barn filled up with hay; the milk lorry "
            "arrived; the pigs rolled in the mud; the donkey brayed at the gate; the cows lay down in the "
            "shade"
        ),
        problems=words(
            "the cows broke through the fence; a fox got into the henhouse; the tractor sank in the mud; "
            "rain flattened the wheat; the hens stopped laying; the barn roof leaked onto the hay; the bull "
            "escaped from the pen; the milk turned sour; the sheep strayed onto the road; the combine "
            "harvester broke down in mid-harvest; drought scorched the pasture; the goat ate the washing; "
            "the piglets squeezed under the gate"
        ),
        fixes=words(
            "mend the broken fence; lure the pigs back with a bucket of turnips; tow the tractor out with a "
            "carthorse; round up the stray cattle; lock the henhouse at night; patch the barn roof; call "
            "the vet; buy/bought/bought fresh feed at the market; bolt the farm gate; borrow a tractor from "
            "the next farm; dry the hay in the sun"
        ),
        goals=words(
            "win/won/won a rosette for the best bull; raise a flock of rare sheep; bring/brought/brought in "
            "the harvest before the rain; buy/bought/bought a new tractor; make/made/made the finest cheese "
            "in the valley; build/built/built a bigger barn; teach/taught/taught the pig to fetch; save the "
            "family farm; breed/bred/bred the woolliest sheep; sell/sold/sold eggs at the roadside; restore "
            "the old milking parlour"
        ),
        questions=pairs(
            "Why do farmers make hay? = dried grass feeds the animals when nothing grows; Why do cows chew "
            "for so long? = they bring their food up again to chew it twice; How many stomachs does a cow "
            "have? = a cow has one stomach with four chambers; Why do pigs roll in mud? = mud keeps their "
            "skin cool; What is a baby goat called? = a baby goat is called a kid; Why are sheep shorn? = "
            "their wool would get too hot and heavy; Why do farmers plough the fields? = ploughing loosens "
            "the soil for the seed; What is a scarecrow for? = a scarecrow frightens birds away from the "
            "crops; How often are dairy cows milked? = most dairy cows are milked twice a day; What is "
            "straw made of? = straw is made of the dry stalks of grain; Why do farmers rotate their crops? "
            "= different crops keep the soil fertile; What is a female pig called? = a female pig is called "
            "a sow; What is stored in a silo? = grain or silage is stored in a silo"
        ),
        tips=words(
            "always shut the gate behind you; make hay while the sun shines; never walk behind a nervous "
            "carthorse; collect the eggs every morning; keep the hens locked in after dusk; give the cows "
            "fresh straw every day; check the fences after a storm; never get between a cow and her calf; "
            "let the grain dry before you store it; wear old boots in the farmyard; rotate the crops every "
            "year"
        ),
        headlines=words(
            "Runaway Bull Stops Traffic; Wheat Harvest Best in Twenty Years; Farmer Finds Lost Lamb in Post "
            "Office; Milk Price Falls Again; Pig Wins County Show for Third Time; Tractors Block Main Road; "
            "Fox Raids Prize Henhouse; Cow Gives Birth to Triplets; Barn Saved From Flames"
        ),
    ),
)
