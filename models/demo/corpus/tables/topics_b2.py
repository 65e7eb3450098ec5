"""Hand-made vocabulary of the topics circus, museum and library."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

TOPICS_B2: tuple[Topic, ...] = (
    Topic(
        name="circus",
        people=words(
            "clown; acrobat; juggler; ringmaster; trapeze artist; tightrope walker; fire-eater; lion tamer; "
            "sword swallower; strongman/strongmen; contortionist; stilt walker; knife thrower; human "
            "cannonball; elephant trainer"
        ),
        things=words(
            "juggling club; red nose; trapeze; unicycle; top hat; hula hoop; flaming torch; squirting "
            "flower; clown shoe; spinning plate; tightrope; pair of stilts/pairs of stilts; trampoline; "
            "cream pie; silk ribbon; balancing pole; juggling ball; circus drum; rubber chicken; "
            "ringmaster's whip; tumbling mat; clown wig; bowler hat; throwing knife/throwing knives; "
            "diabolo; velvet cape; rope ladder; painted barrel; toy trumpet; safety net; human pyramid "
            "poster; giant balloon; fire hoop; popcorn stall; clown car"
        ),
        stuff=words("sawdust; greasepaint; candyfloss; popcorn; confetti; glitter; face paint; toffee; lamp oil"),
        places=words(
            "under the big top; in the circus ring; behind the red curtain; beside the clown's caravan; on "
            "the high wire; at the ticket wagon; in the front row of the ring; next to the candyfloss "
            "stand; on the trapeze platform; around the main tent pole; in the circus parade; near the "
            "elephants' enclosure; outside the striped tent; at the ring entrance; on the circus lorry"
        ),
        adjectives=words(
            "striped; glittering; wobbly; sequinned; spangled; oversized; comical; dazzling; polka-dotted; "
            "garish; flashy; gaudy; sawdust-covered; star-spangled; multicoloured; glitter-covered; "
            "hilarious; show-stopping; crowd-pleasing; flamboyant"
        ),
        verbs=words(
            "show/showed/shown off; practise with; perform with; fool about with; bring/brought/brought on; "
            "rehearse with; unpack; tumble over; clown around with; present; conjure up; decorate; pack "
            "away; polish; stumble over; dance around; paint; fall/fell/fallen over"
        ),
        activities=words(
            "juggle five balls at once; walk the tightrope; somersault across the ring; ride/rode/ridden a "
            "unicycle; swing/swung/swung from the trapeze; throw/threw/thrown cream pies; tumble in the "
            "sawdust; turn cartwheels; balance on a barrel; swallow swords; breathe fire; pull funny faces "
            "at the crowd; parade through the streets; put/put/put up the big top; squirt water at the "
            "ringmaster; teeter about on stilts; tame the lions"
        ),
        events=words(
            "the big top went up in the meadow; the ringmaster cracked his whip; the clown slipped on a "
            "banana skin; the drum roll began; the acrobats formed a human pyramid; the crowd gasped at the "
            "trapeze; the elephants marched into the ring; the human cannonball shot across the tent; a "
            "cream pie hit the ringmaster; the tightrope walker reached the far platform; the lion jumped "
            "through the burning hoop; the circus parade came down the high street; the juggler caught the "
            "last club behind her back; twelve clowns climbed out of one tiny car; the circus wagons rolled "
            "out of town"
        ),
        problems=words(
            "the juggler dropped all the clubs; the main tent pole cracked; the lion refused to leave its "
            "cage; the clown lost his red nose; the trapeze rope frayed; the elephant sat down on the "
            "popcorn stall; the unicycle lost its pedal; a storm ripped the big top; the tightrope went "
            "slack; nobody laughed at the clowns; the cannon misfired; the monkeys stole the ringmaster's "
            "hat; the strongman pulled a muscle"
        ),
        fixes=words(
            "sew/sewed/sewn up the striped tent; call in the clowns; stretch out the safety net; tighten "
            "the high wire; paint a new nose with greasepaint; lure the lion with a juicy steak; splice the "
            "trapeze rope; send/sent/sent the acrobats on early; turn the mishap into a comic act; borrow a "
            "unicycle from the jugglers; light/lit/lit the ring with torches"
        ),
        goals=words(
            "run/ran/run away with the circus; walk the highest tightrope in the land; become/became/become "
            "the funniest clown in the ring; juggle seven clubs blindfold; do/did/done a triple somersault "
            "on the trapeze; become/became/become a ringmaster; make/made/made the saddest child laugh; "
            "fly/flew/flown out of a cannon; lead/led/led the circus parade; learn to eat fire; fill the "
            "big top every night"
        ),
        questions=pairs(
            "Why is a circus ring round? = a horse can gallop round it at a steady pace; Why do tightrope "
            "walkers carry a pole? = the pole helps them keep their balance; What is the big top? = the big "
            "top is the main tent of a circus; Who leads a circus show? = the ringmaster leads the show; "
            "How many wheels does a unicycle have? = a unicycle has only one wheel; What is greasepaint? = "
            "greasepaint is the thick make-up that clowns wear; Why is there sawdust in the ring? = sawdust "
            "makes a soft and dry floor; What does a contortionist do? = a contortionist bends the body "
            "into strange shapes; Why do trapeze artists use a net? = the net catches them when they fall; "
            "What is candyfloss made of? = candyfloss is made of spun sugar; Why do acrobats rub chalk on "
            "their hands? = chalk gives them a better grip; Who started the modern circus? = Philip Astley "
            "started it in London; What is a diabolo? = a diabolo is a spool that a juggler spins on a "
            "string"
        ),
        tips=words(
            "always check the safety net before the trapeze act; look straight ahead on the tightrope; "
            "start juggling with soft scarves; never laugh at a nervous lion; bend your knees when you "
            "land; keep a spare red nose in your pocket; chalk your hands before you climb; smile even when "
            "you drop a club; stay well back from the fire-eater; practise on a low wire first; never turn "
            "your back on a clown with a cream pie"
        ),
        headlines=words(
            "Circus Comes to Town; Clown Loses Nose in Cream Pie Battle; Tightrope Walker Crosses River "
            "Gorge; Escaped Elephant Visits Supermarket; Big Top Collapses in Gale; Human Cannonball Lands "
            "in Duck Pond; Juggler Sets World Record; Last Lion Tamer Hangs Up Whip; Acrobats Amaze "
            "Sell-Out Crowd"
        ),
    ),
    Topic(
        name="museum",
        people=words(
            "curator; museum guide; archaeologist; museum director; restorer; collector; museum guard; "
            "antiquarian; historian; cloakroom attendant; conservator; Egyptologist; exhibition designer; "
            "museum visitor"
        ),
        things=words(
            "Egyptian mummy; clay tablet; bronze statue; Roman coin; marble bust; Greek vase; porcelain "
            "bowl; stone axe; burial mask; sarcophagus/sarcophagi; papyrus scroll; flint arrowhead; amber "
            "necklace; meteorite fragment; longcase clock; gold brooch; totem pole; stuffed owl; ivory "
            "comb; mosaic floor; Viking helmet; silver goblet; jade figurine; tribal drum; samurai sword; "
            "model ship; clay oil lamp; scarab amulet; rune stone; Etruscan urn; canoe carving; wall "
            "tapestry; terracotta soldier; cuneiform cylinder"
        ),
        stuff=words(
            "ancient pottery; bronze; museum dust; alabaster; marble; papyrus; obsidian; antique lace; lapis lazuli"
        ),
        places=words(
            "in the Egyptian gallery; behind the glass case; in the museum vault; at the museum entrance; "
            "beside the information panel; in the restoration workshop; under the museum dome; in the hall "
            "of antiquities; next to the sarcophagus; behind the velvet rope; in the museum cafe; in the "
            "Roman wing; at the museum gift shop; in the basement storeroom; on the marble pedestal"
        ),
        adjectives=words(
            "ancient; priceless; restored; exhibited; antique; fragile; well-preserved; excavated; "
            "time-worn; centuries-old; historic; carefully labelled; chipped; donated; rare; "
            "museum-quality; catalogued; weathered; authentic; irreplaceable"
        ),
        verbs=words(
            "exhibit; restore; catalogue; donate; preserve; display; insure; rediscover; acquire; excavate; "
            "unveil; bequeath; examine; lend/lent/lent out; authenticate; appraise"
        ),
        activities=words(
            "join the guided tour; dust the glass cases; read/read/read every information panel; wander "
            "through the galleries; queue at the cloakroom; rent an audio guide; sketch the marble statues; "
            "decipher the hieroglyphs; catalogue the collection; glue ancient pots together; gaze at the "
            "mummies; buy/bought/bought postcards in the museum shop; patrol/patrolled/patrolled the "
            "galleries at night; attend a talk on ancient Rome; hang/hung/hung up a new exhibit sign; "
            "unpack crates from the excavation"
        ),
        events=words(
            "the new exhibition opened its doors; the curator unlocked the glass case; a crate arrived from "
            "Cairo; the guide told the story of the pharaoh; the alarm rang in the Roman wing; the last "
            "piece of the vase fell into place; the mummy went into the scanner; a visitor recognised the "
            "face on the bust; the museum stayed open until midnight; a queue formed outside the museum; "
            "the director cut the ribbon; the restorer found a hidden inscription; the statue came back "
            "from its world tour; an old lady donated a chest of Roman coins; the lights went on in the "
            "hall of antiquities"
        ),
        problems=words(
            "a visitor knocked over the vase; the golden mask vanished from its case; the alarm system "
            "failed; damp crept into the museum vault; the label named the wrong pharaoh; woodworm attacked "
            "the totem pole; the museum ran out of tickets; the precious statue turned out to be a fake; "
            "the glass case jammed shut; the tour group got lost in the basement storeroom; the museum roof "
            "dripped onto the sarcophagus; moths got into the tapestry; the key to the vault disappeared"
        ),
        fixes=words(
            "glue the vase back together; call the museum guard; move the exhibit to the vault; print a new "
            "label; check the collection catalogue; ask the curator for help; install a thicker glass case; "
            "search the cloakroom; compare it with the original; dry out the storeroom; replace the fake "
            "with the real relic"
        ),
        goals=words(
            "find/found/found the missing mummy; see/saw/seen the golden mask of the pharaoh; "
            "open/opened/opened a museum of forgotten toys; spend/spent/spent a whole night in the museum; "
            "read/read/read the hieroglyphs; become/became/become a curator; bring/brought/brought the lost "
            "statue back; visit every museum in the city; uncover the secret of the sarcophagus; complete "
            "the collection of Roman coins; repair the broken Greek vase"
        ),
        questions=pairs(
            "What does a curator do? = a curator looks after a museum collection; Why did the Egyptians "
            "make mummies? = they believed that the dead needed their bodies in the afterlife; What is a "
            "sarcophagus? = a sarcophagus is a stone coffin; What are hieroglyphs? = hieroglyphs are "
            "picture signs of ancient Egypt; Why must you not touch the exhibits? = the oil on your fingers "
            "can damage them; Why are museum lights so dim? = bright light fades old colours; What is the "
            "Rosetta Stone? = it is a carved stone that helped scholars read hieroglyphs; Where is the "
            "Rosetta Stone kept? = it is kept in the British Museum; How do experts date old wood? = they "
            "count its rings or measure its carbon; What is papyrus made of? = papyrus is made from a reed "
            "plant; What is an artefact? = an artefact is an object made by people long ago; What is "
            "terracotta? = terracotta is baked clay; Why do conservators wear gloves? = gloves keep dirt "
            "and sweat off the objects"
        ),
        tips=words(
            "never touch the exhibits; go to the museum early to avoid the queues; leave your umbrella in "
            "the cloakroom; rent an audio guide at the entrance; do not use a flash near old tapestries; "
            "pick one gallery and see it properly; ask the guards for the best exhibit; check the opening "
            "hours before you visit; wear soft shoes on the marble floors; finish your tour in the museum "
            "shop; stay behind the velvet rope"
        ),
        headlines=words(
            "Golden Mask Stolen From Museum; Museum Reopens After Long Restoration; Mummy Turns Out to Be a "
            "Cat; Record Number of Visitors at Roman Exhibition; Boy Finds Viking Helmet in Bog; Curator "
            "Retires After Fifty Years; Priceless Vase Broken by Tourist; Museum Returns Statue to Egypt; "
            "Forged Antiquities Fooled Experts"
        ),
    ),
    Topic(
        name="library",
        people=words(
            "librarian; bookworm; archivist; bookbinder; reader; novelist; library volunteer; book "
            "reviewer; translator; storyteller; library clerk; publisher; bibliophile; book lover; "
            "lexicographer"
        ),
        things=words(
            "novel; atlas; dictionary; encyclopedia; paperback; poetry book; picture book; novella; "
            "bestseller; anthology; epic poem; manuscript; biography; fairy tale collection; hardback; "
            "thesaurus; almanac; volume of essays/volumes of essays; reference book; graphic novel; pop-up "
            "book; travel guide; history book; short story; large-print book; comic book; first edition; "
            "leather-bound book; sequel; crime novel; memoir; handbook; trilogy; magazine; library book"
        ),
        stuff=words(
            "fiction; poetry; non-fiction; printed paper; bookbinding glue; literature; prose; ink; small print"
        ),
        places=words(
            "between the bookshelves; at the lending desk; in the reading room; on the top shelf; in the "
            "library archive; behind the card catalogue; in the reference section; beside the returns "
            "trolley; in the children's corner of the library; under the reading lamp; on the library "
            "steps; in the mobile library van; at the book club; in the quiet study corner; next to the "
            "encyclopedias"
        ),
        adjectives=words(
            "overdue; dog-eared; second-hand; dusty; well-thumbed; unread; illustrated; borrowed; "
            "misplaced; thick; slim; annotated; gripping; unputdownable; yellowed; beautifully written; "
            "much-loved; mis-shelved; long-awaited; out-of-print"
        ),
        verbs=words(
            "borrow; return; shelve; read/read/read; renew; reserve; reread/reread/reread; leaf through; "
            "browse; stamp; check out; lend/lent/lent; recommend; reprint; translate; misplace; page "
            "through; read/read/read aloud from"
        ),
        activities=words(
            "read/read/read under the lamp; browse the bookshelves; whisper in the reading room; return "
            "overdue books; push the returns trolley; stamp library cards; shelve books in alphabetical "
            "order; join the book club; listen to story hour; look up words in the dictionary; turn the "
            "pages quietly; finish a whole trilogy; search the card catalogue; repair torn pages; hunt for "
            "a rare first edition; pay/paid/paid a library fine; climb the bookshelf ladder"
        ),
        events=words(
            "the librarian stamped the last book; story hour began in the children's corner; a letter fell "
            "out of an old novel; the new bestseller arrived; the book club met in the reading room; the "
            "librarian raised a finger to her lips; a book came back forty years overdue; the famous "
            "novelist read her first chapter aloud; the mobile library stopped in the village; the library "
            "opened a new reading room; a reader found a note between the pages; the bookshelves reached "
            "the ceiling; the card catalogue revealed a forgotten title; someone reserved the final volume; "
            "the whole reading room fell silent"
        ),
        problems=words(
            "the last page was missing; the book was already on loan; the library card had expired; someone "
            "whispered too loudly; the fine for the overdue book was huge; the bookshelf collapsed; the "
            "novel stood on the wrong shelf; a cup of tea spilled over the atlas; the only copy fell apart; "
            "mice nibbled the old manuscripts; the library closed too early; the print was too small to "
            "read; a reader folded down the corners of every page"
        ),
        fixes=words(
            "ask the librarian; renew the loan for another week; reserve the next copy; glue the torn page; "
            "search the catalogue again; pay/paid/paid the fine at the lending desk; order the book from "
            "another library; rebind/rebound/rebound the old volume; sort the shelf by author; borrow the "
            "audiobook instead; use a magnifier for the small print"
        ),
        goals=words(
            "read/read/read every book in the library; write/wrote/written a bestselling novel; "
            "find/found/found the lost manuscript; get/got/got a library card; finish the thickest novel on "
            "the shelf; start a book club; become/became/become a librarian; collect all the first "
            "editions; save the village library; learn the dictionary by heart; open/opened/opened a tiny "
            "bookshop"
        ),
        questions=pairs(
            "Why is it quiet in a library? = the readers need to concentrate; What does a librarian do? = a "
            "librarian helps readers and looks after the books; What is an atlas? = an atlas is a book of "
            "maps; How are novels sorted on the shelves? = they are sorted by the name of the author; What "
            "is an ISBN? = an ISBN is a number that identifies a book; What is the difference between "
            "fiction and non-fiction? = fiction is made up and non-fiction is about facts; Who introduced "
            "printing with movable type in Europe? = Johannes Gutenberg introduced it; What happens when a "
            "book is overdue? = the reader may have to pay a fine; What is a thesaurus? = a thesaurus lists "
            "words with similar meanings; What is a biography? = a biography tells the story of a real "
            "life; Which ancient city had a famous library? = Alexandria in Egypt had a famous library; "
            "What is the Dewey Decimal System? = it sorts books by subject with numbers; Why do old books "
            "turn yellow? = light and air change the paper"
        ),
        tips=words(
            "always return your books on time; use a bookmark and never fold the pages; whisper in the "
            "reading room; ask the librarian when you cannot find a title; read the first page before you "
            "borrow a novel; keep your library card in your wallet; never eat over a borrowed book; look "
            "for the author in the catalogue first; renew your loans before they run out; put every book "
            "back in its place; read a chapter every evening"
        ),
        headlines=words(
            "Library Book Returned After Sixty Years; Village Library Saved by Volunteers; Librarian "
            "Discovers Lost Manuscript; Bestseller Breaks Lending Record; Mobile Library Stuck in Snow; "
            "Readers Protest Against Library Closure; Novelist Donates Ten Thousand Books; Library "
            "Abolishes Overdue Fines; First Edition Found in Attic"
        ),
    ),
)
