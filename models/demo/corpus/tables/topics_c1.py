"""Hand-written vocabulary of the topics dogs, cats and insects."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

DOGS = Topic(
    name="dogs",
    people=words(
        "puppy; terrier; sheepdog; spaniel; labrador; poodle; dachshund; beagle; greyhound; collie; "
        "bulldog; guide dog; retriever; dog walker; dog trainer; kennel keeper"
    ),
    things=words(
        "leash; dog collar; chew toy; tennis ball; kennel; dog bowl; bone; dog biscuit; dog tag; dog "
        "harness; squeaky toy; dog basket; muzzle; dog whistle; dog brush; tug rope; stick; dog blanket; "
        "dog bed; frisbee; old slipper; dog coat; water dish; treat pouch; dog flap; puppy gate; training "
        "clicker; rubber ring; marrowbone; paw towel; flea comb; dog cushion; soup bone; rawhide strip; "
        "rubber bone"
    ),
    stuff=words("dog food; kibble; drool; dog hair; wet fur; flea powder; puppy milk; dog shampoo; marrow; dog fluff"),
    places=words(
        "in the kennel; beside the dog basket; at the dog park; behind the lamp post; under the park "
        "bench; on the doormat; by the dog flap; at the end of the leash; in the puppy pen; next to the "
        "food bowl; on the dog blanket; at the kennel club; in the muddy puddle; at the obedience class; "
        "on the morning walk"
    ),
    adjectives=words(
        "chewed; slobbery; muddy; smelly; drooly; half-buried; tooth-marked; hairy; bitten; well-chewed; "
        "grubby; soggy; paw-printed; nibbled; gnawed; mud-spattered; much-sniffed; dug-up; dribbly; "
        "bone-scented"
    ),
    verbs=words(
        "fetch; bury; sniff at; guard; hide/hid/hidden; carry home; bark at; growl at; chase after; nibble "
        "at; lick; chew; gnaw at; dig/dug/dug up; bring/brought/brought back; steal/stole/stolen; "
        "retrieve; whine for; howl at"
    ),
    activities=words(
        "go/went/gone for a long walk; bark at the postman; roll over in the mud; chase squirrels; "
        "run/ran/run off the leash; sniff at every lamp post; howl at the moon; wait by the front door; "
        "sit/sat/sat on command; play fetch; dig/dug/dug a deep hole; shake/shook/shaken the water off; "
        "sleep/slept/slept in the dog basket; practise new tricks; race around the dog park; "
        "beg/begged/begged for biscuits; wrestle with the puppies"
    ),
    events=words(
        "a squirrel ran up the tree; the puppy wagged its tail; every dog in the street began to bark; a "
        "stray terrier followed everyone home; the postman came up the path; the sheepdog rounded up the "
        "puppies; someone rattled the leash; the old bulldog snored on the doormat; a tennis ball bounced "
        "past; the beagle picked up a scent; the spaniel jumped into the puddle; the poodle won a ribbon "
        "at the dog show; a whole litter of puppies was born; the greyhound sprinted across the grass; the "
        "collie pricked up its ears"
    ),
    problems=words(
        "the leash snapped; the puppy ran away after a squirrel; the terrier got stuck in a rabbit hole; "
        "the dog collar was too tight; the labrador ate all the sausages; the beagle had fleas; the puppy "
        "chewed up the new shoes; the bulldog refused to walk any further; the spaniel had a thorn in its "
        "paw; the dogs would not stop barking; the poodle rolled in something awful; the dog biscuits were "
        "all gone; the dachshund was afraid of the bigger dogs"
    ),
    fixes=words(
        "blow/blew/blown the dog whistle; hold/held/held out a handful of treats; call the dog trainer; "
        "fasten a stronger leash; give/gave/given the dogs a good bath; throw/threw/thrown a tennis ball; "
        "follow the paw prints home; scratch the dogs behind the ears; offer a juicy bone; ask the kennel "
        "keeper for help; practise the command again and again"
    ),
    goals=words(
        "teach/taught/taught the puppy to sit; win/won/won the dog show; find/found/found the buried bone; "
        "adopt a stray dog; train a guide dog; catch/caught/caught the fastest squirrel; go/went/gone for "
        "the longest walk; build/built/built a warm kennel; make/made/made friends with the bulldog; learn "
        "to roll over; sleep/slept/slept at the foot of the bed"
    ),
    questions=pairs(
        "Why do dogs wag their tails? = they show how they feel; Why do dogs sniff everything? = they "
        "learn about the world through smells; Why do dogs pant? = they cool down by panting; What is a "
        "baby dog called? = a baby dog is called a puppy; Which animal do dogs descend from? = dogs "
        "descend from wolves; Why do dogs bury bones? = they save food for later; What does a sheepdog do? "
        "= it herds sheep; What does a guide dog do? = it leads people who cannot see; Which dog runs "
        "fastest? = the greyhound runs fastest; Where do dogs sweat? = they sweat through their paws; Can "
        "dogs eat chocolate? = chocolate is poisonous to dogs; How do dogs greet each other? = they sniff "
        "each other; Why do dogs bark? = they warn others or ask for attention"
    ),
    tips=words(
        "never pull a dog by its tail; always carry treats on a walk; let a strange dog sniff your hand "
        "first; walk your dog every day; reward the puppy when it sits; keep the leash short near a road; "
        "brush long fur once a week; never feed chocolate to a dog; wipe muddy paws at the door; fill the "
        "water bowl twice a day; never disturb a dog while it eats"
    ),
    headlines=words(
        "Missing Puppy Found in Laundry Van; Terrier Wins Best in Show; Brave Labrador Wakes Sleeping "
        "Family; Postman and Bulldog Become Friends; Town Opens New Dog Park; Beagle Sniffs Out Stolen "
        "Sausages; Kennel Club Celebrates Hundredth Litter; Stray Collie Walks Home After a Year; Guide "
        "Dog Retires After Ten Years"
    ),
)

CATS = Topic(
    name="cats",
    people=words(
        "kitten; tomcat; tabby; siamese cat; alley cat; persian cat; ginger cat; mother cat; black cat; "
        "house cat; mouser; cat sitter; cat breeder; stray cat; ship's cat"
    ),
    things=words(
        "yarn ball; scratching post; litter tray; catnip mouse/catnip mice; cat flap; milk saucer; cat "
        "basket; cat bell; feather toy; cardboard box; window cushion; sardine tin; cat carrier; cat bed; "
        "cream jug; cat collar; cat tree; cat hammock; feather wand; goldfish bowl; laundry basket; velvet "
        "armchair; pillow; knitting basket; herring; toy mouse/toy mice; cat brush; cat tunnel; paper bag; "
        "cat door; duvet; fish tail; wool blanket; cat ladder; catnip pouch"
    ),
    stuff=words("catnip; cream; cat litter; cat milk; tuna; soft fur; cat hair; yarn; fish paste; cat fluff"),
    places=words(
        "on the windowsill; on top of the wardrobe; under the duvet; in the cardboard box; beside the "
        "radiator; on the back fence; by the cat flap; in the cat basket; on the warm roof tiles; behind "
        "the sofa; next to the milk saucer; on the armchair; in the laundry basket; at the top of the "
        "scratching post; near the mouse hole"
    ),
    adjectives=words(
        "scratched; furry; hair-covered; catnip-scented; sun-warmed; fishy; cosy; clawed; shredded; "
        "fluffy; velvety; tangled; half-shredded; well-clawed; whisker-tickling; snug; milky; purr-warmed; "
        "knocked-over; tooth-pricked"
    ),
    verbs=words(
        "pounce on; hiss at; scratch; claw at; stalk; purr at; knock over; creep/crept/crept around; "
        "leap/leapt/leapt over; sleep/slept/slept on; mew at; sniff; curl up beside; peer at; topple; "
        "shred/shredded/shredded; tease; swipe at"
    ),
    activities=words(
        "purr softly; chase the mouse; climb the curtain; stretch in the sun; creep/crept/crept along the "
        "fence; wash behind the ears; curl up in the basket; miaow at the door; sharpen the claws; "
        "leap/leapt/leapt onto the wardrobe; land on all four paws; stare at the goldfish; doze on the "
        "windowsill; prowl over the rooftops; lap/lapped/lapped up the cream; play with the yarn; watch "
        "the birds from the window"
    ),
    events=words(
        "the kitten fell asleep in the box; a mouse peeped out of its hole; the tabby knocked a vase off "
        "the shelf; the cat flap rattled; the tomcat came home at dawn; a saucer of milk was put down; the "
        "siamese cat began to purr; the kittens opened their eyes; the ginger cat arched its back; a "
        "sparrow landed on the windowsill; the black cat crossed the lane; the kitten chased its own "
        "shadow; two alley cats sang on the fence; the mother cat carried her kittens upstairs; the yarn "
        "rolled down the stairs"
    ),
    problems=words(
        "the kitten was stuck in a tree; the cat flap jammed; the yarn was hopelessly tangled; the tabby "
        "refused to eat; the tomcat scratched the sofa to pieces; a mouse stole the cheese; the kittens "
        "got locked in the wardrobe; the cat had not come home for two nights; someone trod on the cat's "
        "tail; the milk saucer was empty; the siamese cat hissed at all the guests; the kitten crawled "
        "under the floor; the catnip was all gone"
    ),
    fixes=words(
        "open a tin of tuna; shake/shook/shaken the box of cat treats; pour a saucer of cream; dangle the "
        "feather toy; fetch a ladder for the kitten; speak/spoke/spoken softly to the cat; leave/left/left "
        "the window open; stroke the cat for a while; lay/laid/laid out some catnip; tickle the cat under "
        "the chin; ring/rang/rung the little cat bell"
    ),
    goals=words(
        "catch/caught/caught the mouse at last; sleep/slept/slept all afternoon in the sun; "
        "find/found/found a home for the kittens; steal/stole/stolen the cream; reach the top of the "
        "wardrobe; tame the alley cat; untangle all the yarn; own the softest cushion; learn to open the "
        "door; become/became/become the best mouser in town; rescue the kitten from the tree"
    ),
    questions=pairs(
        "Why do cats purr? = they often purr when they are content; Why do cats have whiskers? = the "
        "whiskers help them to feel their way; What is a young cat called? = a young cat is called a "
        "kitten; How do cats land on their feet? = they twist their bodies while they fall; Why do cats "
        "scratch posts? = they sharpen their claws and leave their scent; Can cats see at night? = they "
        "see well in very dim light; How much do cats sleep? = they sleep for more than twelve hours a "
        "day; Why do cats knead blankets? = they did it as kittens while they drank milk; How do cats "
        "clean themselves? = they lick their fur with rough tongues; What is catnip? = it is a plant that "
        "excites cats; What do cats hunt? = they hunt mice and small birds; Why do cats hiss? = they hiss "
        "when they are frightened or angry; Are all tortoiseshell cats female? = nearly all tortoiseshell "
        "cats are female"
    ),
    tips=words(
        "never wake a sleeping cat; clean the litter tray every day; let the cat come to you; never pull a "
        "cat's whiskers; give your cat a scratching post; keep the goldfish bowl covered; stroke a cat "
        "along its back; leave an empty box on the floor; keep a kitten indoors at first; put a bell on "
        "the collar to warn the birds; stop stroking when the tail begins to twitch"
    ),
    headlines=words(
        "Firemen Rescue Kitten From Chimney; Tabby Sleeps Through Burglary; Cat Elected Mayor of Tiny "
        "Village; Tomcat Returns After Nine Weeks; Mouser Retires From Post Office; Seven Kittens Born in "
        "Hat Box; Siamese Cat Steals Whole Salmon; Alley Cats Keep Whole Street Awake; Ginger Cat Travels "
        "by Bus Every Day"
    ),
)

INSECTS = Topic(
    name="insects",
    people=words(
        "beekeeper; entomologist; honeybee; worker ant; queen bee; bumblebee; grasshopper; caterpillar; "
        "butterfly collector; cricket; glow-worm; beetle; moth; dragonfly; ladybird"
    ),
    things=words(
        "beehive; honeycomb; butterfly net; anthill; cocoon; beetle shell; wasp nest; magnifying glass; "
        "dragonfly wing; chrysalis/chrysalises; bug jar; ant tunnel; termite mound; moth trap; feeler; "
        "stinger; pollen sac; aphid; larva/larvae; pupa/pupae; hive frame; bee smoker; bug hotel; mosquito "
        "net; firefly; earwig; stag beetle; caterpillar egg; nectar cup; milkweed leaf/milkweed leaves; "
        "clover blossom; specimen pin; silk thread; wing case; honey jar; mayfly"
    ),
    stuff=words("honey; nectar; pollen; beeswax; royal jelly; bee bread; silk; honeydew; propolis; wing dust"),
    places=words(
        "inside the beehive; under the rotten log; on the anthill; among the clover; on a dandelion leaf; "
        "beneath the bark; in the tall grass; around the lantern at dusk; in the bug jar; beside the wasp "
        "nest; under the flat stone; on the underside of a leaf; over the lily pond; in the honeycomb; at "
        "the edge of the meadow"
    ),
    adjectives=words(
        "tiny; buzzing; six-legged; iridescent; crawling; waxy; honeyed; speckled; papery; pollen-dusted; "
        "silky; gauzy; metallic green; ant-bitten; sticky; spotted; fluttering; bristly; striped; swarming"
    ),
    verbs=words(
        "crawl over; buzz around; hover above; land on; examine; sketch; flutter around; observe; "
        "creep/crept/crept under; swarm over; inspect; collect; count; scuttle past; identify; label; "
        "discover; circle"
    ),
    activities=words(
        "buzz from blossom to blossom; collect nectar; crawl up a stalk; spin/spun/spun a cocoon; chirp in "
        "the grass; march in a long line; dance in front of the hive; follow the ant trail; glow in the "
        "dark; flutter around the lantern; gather pollen; hatch from an egg; search under logs and stones; "
        "build/built/built a bug hotel; hide/hid/hidden under a leaf; study beetles; carry crumbs to the "
        "anthill"
    ),
    events=words(
        "the bees began to swarm; a butterfly crept out of its chrysalis; a long line of ants marched "
        "past; the crickets started to chirp; a moth circled the lamp; the caterpillar shed its skin; a "
        "ladybird landed on someone's finger; the fireflies lit up the meadow; the queen bee laid her "
        "eggs; a dragonfly darted over the pond; the grasshopper leapt away; the eggs hatched all at once; "
        "the wasps found the jam; a stag beetle waved its jaws; the hive hummed louder and louder"
    ),
    problems=words(
        "a wasp got into the tent; the bees swarmed out of the hive; ants invaded the picnic basket; the "
        "butterfly net had a hole in it; the mosquitoes would not stop biting; moths ate the woollen "
        "jumper; the beetle fell on its back; termites chewed through the beam; the caterpillar escaped "
        "from its jar; the honeycomb cracked in the heat; the anthill was flooded; a bumblebee was too "
        "cold to fly; aphids covered every rose"
    ),
    fixes=words(
        "ask the beekeeper for help; puff some smoke over the bees; wait until dusk; lay/laid/laid a trail "
        "of sugar; feed/fed/fed the bee a drop of sugar water; catch/caught/caught it gently under a "
        "glass; hang/hung/hung up a mosquito net; carry the insects outside on a leaf; look it up in the "
        "insect guide; build/built/built a dry nest of twigs; bring/brought/brought in a hundred ladybirds"
    ),
    goals=words(
        "find/found/found a rare beetle; fill the hive with honey; watch a butterfly hatch; count all the "
        "ants; catch/caught/caught a glimpse of the queen bee; photograph a dragonfly; "
        "become/became/become a beekeeper; grow/grew/grown a pair of wings; find/found/found the sweetest "
        "nectar; name a new moth; build/built/built the tallest anthill"
    ),
    questions=pairs(
        "How many legs does an insect have? = an insect has six legs; Why do bees make honey? = they store "
        "it as food for winter; What does a caterpillar become? = it becomes a butterfly or a moth; Is a "
        "spider an insect? = a spider has eight legs and is no insect; How do crickets chirp? = they rub "
        "their wings together; Why do fireflies glow? = they glow to find a mate; How do bees tell where "
        "food is? = they dance for the other bees; How do ants find their way? = they follow a trail of "
        "scent; Why do moths fly to lamps? = bright lamps confuse their sense of direction; What do "
        "ladybirds eat? = most of them eat aphids; Who lays the eggs in a beehive? = the queen bee lays "
        "them; What happens inside a cocoon? = the pupa changes into a moth; Do all bees sting? = male "
        "bees have no sting"
    ),
    tips=words(
        "never swat at a bee; leave some nettles for the caterpillars; look under stones and put them "
        "back; drill holes in a log for wild bees; never touch a butterfly's wings; wear a veil near the "
        "hive; stand still when a wasp comes close; count the legs before you name a bug; set a beetle "
        "back on its feet; plant clover for the bees; pierce the lid of every bug jar"
    ),
    headlines=words(
        "Bee Swarm Settles on Traffic Light; Rare Beetle Found Under Doormat; Ants Carry Off Mayor's "
        "Picnic; Record Honey Harvest This Summer; Moths Devour Town Hall Curtain; Millions of Mayflies "
        "Stop Bridge Traffic; Beekeeper Moves Two Thousand Hives; Children Build Bug Hotel; New Butterfly "
        "Named After Postwoman"
    ),
)

TOPICS_C1: tuple[Topic, ...] = (DOGS, CATS, INSECTS)
