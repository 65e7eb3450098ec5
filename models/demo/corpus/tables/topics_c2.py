"""Hand-written vocabulary of the topics castle, ghosts and computers."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

CASTLE = Topic(
    name="castle",
    people=words(
        "king; queen; squire; page boy; jester; archer; chamberlain; gatekeeper; duchess/duchesses; "
        "herald; castle steward; blacksmith; lady-in-waiting/ladies-in-waiting; baron; falconer; minstrel"
    ),
    things=words(
        "drawbridge; portcullis; turret; battlement; moat bridge; throne; suit of armour/suits of armour; "
        "tapestry; goblet; banner; shield; catapult; battering ram; dungeon key; crown; spiral staircase; "
        "coat of arms/coats of arms; siege ladder; iron gate; arrow slit; watchtower; "
        "candelabrum/candelabra; royal seal; banquet table; lance; halberd; four-poster bed; great hall; "
        "secret passage; trumpet; parchment scroll; sceptre; velvet cloak; longbow; rampart; gatehouse"
    ),
    stuff=words("armour; moat water; mead; roast venison; candle wax; chain mail; velvet; tallow; mortar; parchment"),
    places=words(
        "on the battlements; in the great hall; across the drawbridge; down in the dungeon; at the top of "
        "the turret; beside the moat; in the throne room; under the portcullis; along the ramparts; in the "
        "courtyard; behind the tapestry; on the spiral staircase; in the armoury; at the castle gate; in "
        "the banquet hall"
    ),
    adjectives=words(
        "royal; medieval; ancient; gilded; moss-grown; crested; torchlit; stately; noble; iron-bound; "
        "emblazoned; battle-worn; centuries-old; kingly; fortified; ornate; heraldic; besieged; splendid; "
        "feudal"
    ),
    verbs=words(
        "defend; guard; besiege; inherit; salute; present; surrender; restore; claim; admire; march past; "
        "inspect; unveil; plunder; hand over; proclaim; rule over; kneel/knelt/knelt before; "
        "swear/swore/sworn by"
    ),
    activities=words(
        "raise the drawbridge; feast in the great hall; patrol the battlements; bow before the throne; "
        "joust in the courtyard; blow/blew/blown the trumpet from the tower; polish the armour; explore "
        "the secret passage; swear/swore/sworn loyalty to the king; climb the spiral staircase; dine with "
        "the queen; row across the moat; keep/kept/kept watch from the turret; lower the portcullis; "
        "light/lit/lit the torches; listen to the minstrel; hold/held/held a royal banquet"
    ),
    events=words(
        "the drawbridge came down; the trumpets sounded from the tower; the king called for his jester; a "
        "messenger knelt before the throne; the banners flew over the battlements; the queen opened the "
        "banquet; a secret passage opened behind the tapestry; the portcullis crashed shut; the enemy "
        "camped beyond the moat; the torches went out in the great hall; the archers lined the ramparts; a "
        "new squire arrived at the gate; the royal carriage rolled into the courtyard; the herald unrolled "
        "a long scroll; the princess waved from the turret"
    ),
    problems=words(
        "the drawbridge was stuck; the crown had vanished from the throne room; the castle was under "
        "siege; the dungeon key was lost; the moat ran dry; the portcullis would not open; the king lost "
        "his voice before the banquet; a traitor hid among the guards; the turret began to crumble; the "
        "enemy brought a battering ram; the royal seal was broken; the secret passage caved in; the baron "
        "claimed the throne"
    ),
    fixes=words(
        "call the royal guards; oil the rusty chains of the drawbridge; escape through the secret passage; "
        "ask the queen for mercy; send/sent/sent a herald to the enemy camp; sound the trumpet from the "
        "tower; search every turret; forge a new key; hoist the white flag; swear/swore/sworn an oath of "
        "peace; call the stonemasons to the castle"
    ),
    goals=words(
        "become/became/become a knight; find/found/found the lost crown; defend the castle; sit/sat/sat on "
        "the throne; discover the secret passage; make/made/made the king laugh; win/won/won the "
        "tournament; escape from the dungeon; rule the kingdom wisely; build/built/built the tallest "
        "turret; dance at the royal ball"
    ),
    questions=pairs(
        "What is a moat for? = it keeps enemies away from the walls; What is a drawbridge? = it is a "
        "bridge that can be pulled up; Why are spiral staircases in castles so narrow? = a narrow "
        "staircase is easier to defend; What is a portcullis? = it is a heavy gate that drops down; Where "
        "were prisoners kept? = they were kept in the dungeon; What is a keep? = it is the strongest tower "
        "of a castle; What did a squire do? = he served a knight; Why do castles have arrow slits? = "
        "archers could shoot through them and stay safe; What does a jester do? = he makes the court "
        "laugh; What is a siege? = an army surrounds a castle until it gives up; Why were castles built on "
        "hills? = the guards could see enemies from afar; What is a coat of arms? = it is the badge of a "
        "noble family; What hung on castle walls? = tapestries kept the draughts out"
    ),
    tips=words(
        "always lower the drawbridge slowly; bow when the queen walks by; never lean over the battlements; "
        "carry a torch in the dungeon; guard the key of the gate; polish your armour before a tournament; "
        "never sit on the king's throne; keep the moat full; post an archer at every arrow slit; knock "
        "before you enter the throne room; store enough bread for a siege"
    ),
    headlines=words(
        "Royal Crown Found in Castle Moat; King Opens Great Hall to Visitors; Drawbridge Stuck for Third "
        "Day; Secret Passage Discovered Behind Tapestry; Jester Refuses to Joke at Banquet; Queen Restores "
        "Crumbling Turret; Siege Ends After Forty Days; Baron Surrenders at Castle Gate; Tournament Draws "
        "Record Crowd to Courtyard"
    ),
)

GHOSTS = Topic(
    name="ghosts",
    people=words(
        "ghost; phantom; ghost hunter; spirit medium; headless horseman/headless horsemen; poltergeist; "
        "spectre; gravedigger; banshee; white lady; skeleton; caretaker of the haunted house/caretakers of "
        "the haunted house; ghostly butler; apparition; phantom bride"
    ),
    things=words(
        "haunted mirror; tombstone; coffin; cobweb; rattling chain; creaking door; bedsheet; skull; ouija "
        "board; grandfather clock; crypt; lantern of the dead/lanterns of the dead; black candle; attic "
        "trunk; family portrait; graveyard gate; church bell; shroud; rocking chair; haunted doll; "
        "trapdoor; cellar stair; skeleton key; cloaked figure; ghostly footprint; mausoleum; seance table; "
        "phantom carriage; old urn; dusty chandelier; finger bone; spirit trumpet; gravestone angel; "
        "haunted wardrobe; ghost trap; broken window"
    ),
    stuff=words("ectoplasm; mist; moaning; cold air; grave soil; moonlight; silence; dust; eerie light; fear"),
    places=words(
        "in the haunted house; at the graveyard; in the dark attic; down in the crypt; behind the creaking "
        "door; at the stroke of midnight; under the floorboards; in the empty nursery; beside the "
        "tombstone; along the draughty corridor; in the abandoned manor; among the graves; at the seance; "
        "in the mist; on the cellar stairs"
    ),
    adjectives=words(
        "haunted; ghostly; spooky; eerie; transparent; pale; cursed; creepy; shadowy; cobwebbed; spectral; "
        "misty; moonlit; wraithlike; ghastly; bloodcurdling; unearthly; clammy; glowing; sinister"
    ),
    verbs=words(
        "haunt; float past; rattle; glide through; spook; moan at; wail over; vanish behind; hover over; "
        "whisper to; shiver at; shriek at; peer through; curse; conjure up; drift around; stare at; "
        "flit/flitted/flitted past; bewitch"
    ),
    activities=words(
        "haunt the old manor; rattle the chains; walk through walls; float down the corridor; moan in the "
        "attic; vanish into thin air; hold/held/held a seance; wail at midnight; frighten the visitors; "
        "wander among the graves; hover above the bed; whisper in the dark; hunt for ghosts; "
        "tell/told/told ghost stories by candlelight; tremble under the blanket; disappear through the "
        "wall; rise/rose/risen from the grave"
    ),
    events=words(
        "the clock struck midnight; a door creaked open by itself; the candles went out one by one; a cold "
        "hand touched the banister; footsteps echoed in the empty attic; a pale figure floated down the "
        "stairs; the portrait's eyes moved; chains rattled in the cellar; the church bell rang though "
        "nobody pulled the rope; mist crept over the graves; the rocking chair began to rock; someone "
        "whispered from behind the wall; a white lady appeared in the mirror; the headless horseman "
        "galloped by; an unearthly wail rose from the crypt"
    ),
    problems=words(
        "the house was haunted; the ghost could not find any rest; the door of the crypt fell shut; the "
        "last candle blew out; a poltergeist smashed all the plates; nobody dared to sleep in the manor; "
        "the curse could not be lifted; the phantom had lost its own head; the seance went terribly wrong; "
        "something scratched under the floorboards; the ghost was afraid of the dark; the tombstone had "
        "been stolen; the haunted mirror swallowed the light"
    ),
    fixes=words(
        "light/lit/lit all the candles; speak/spoke/spoken kindly to the ghost; say/said/said the spell "
        "backwards; bury the old bones again; call the ghost hunter; wait for the first ray of dawn; lift "
        "the ancient curse; ring/rang/rung the chapel bell; pull away the white sheet; promise to remember "
        "the dead; ask the spirit for its name"
    ),
    goals=words(
        "scare every visitor; meet/met/met a real ghost; spend/spent/spent a night in the haunted house; "
        "break/broke/broken the curse; find/found/found peace at last; learn to walk through walls; "
        "photograph the phantom; speak/spoke/spoken with the spirits; solve the riddle of the crypt; "
        "find/found/found the missing head; haunt the grandest manor"
    ),
    questions=pairs(
        "When do ghosts appear? = in stories they appear at midnight; Why do ghosts rattle chains? = in "
        "stories the chains stand for their old sins; What is a poltergeist? = it is a noisy ghost that "
        "throws things; What is a seance? = it is a meeting where people try to talk to spirits; Are "
        "ghosts real? = nobody has ever proved that they are; Where do phantoms live? = in tales they live "
        "in haunted houses; What does a banshee do? = in Irish tales she wails before a death; What is a "
        "crypt? = it is a burial room under a church; When is Halloween? = it is on the last night of "
        "October; What is an epitaph? = it is the writing on a tombstone; Why do old houses creak at "
        "night? = the wood shrinks as it cools; What is the witching hour? = it is the hour around "
        "midnight; What is ectoplasm? = mediums claimed it was the stuff of spirits"
    ),
    tips=words(
        "never enter a crypt alone; always carry a candle in a haunted house; do not look into the haunted "
        "mirror; be polite to every ghost; never whistle in a graveyard; count the footsteps behind you; "
        "stay together until dawn; leave one lamp burning at midnight; never wake a sleeping spirit; do "
        "not sit in the phantom's rocking chair; look behind the curtain before you scream"
    ),
    headlines=words(
        "Ghost Seen Again at Old Manor; Haunted House Sold for One Penny; Phantom Bride Scares Night "
        "Watchman; Poltergeist Smashes Village Teapots; Graveyard Bells Ring by Themselves; Ghost Hunters "
        "Flee Before Midnight; Headless Horseman Fined for Speeding; Seance Ends in Shrieks; Curse of the "
        "Crypt Lifted at Last"
    ),
)

COMPUTERS = Topic(
    name="computers",
    people=words(
        "programmer; hacker; software engineer; system administrator; web designer; data scientist; gamer; "
        "computer technician; code reviewer; help desk worker; database manager; network engineer; student "
        "coder; security expert; app developer"
    ),
    things=words(
        "laptop; keyboard; computer mouse/computer mice; monitor; hard drive; server; password; email; "
        "website; app; browser; memory card; printer; router; processor; file; database; hyperlink; search "
        "engine; firewall; operating system; touchscreen; computer virus; webcam; spreadsheet; algorithm; "
        "software update; chatbot; download; desktop icon; graphics card; motherboard; backup; folder; "
        "user account; modem"
    ),
    stuff=words(
        "software; hardware; data; computer code; memory; source code; spam; bandwidth; disk space; cloud storage"
    ),
    places=words(
        "in the server room; on the screen; at the keyboard; on the internet; in the computer lab; in the "
        "downloads folder; on the hard drive; behind the firewall; at the help desk; in the cloud; on the "
        "home page; in the data centre; in the chat window; on the local network; in the source code"
    ),
    adjectives=words(
        "digital; encrypted; outdated; glitchy; wireless; compatible; portable; corrupted; "
        "password-protected; high-speed; overloaded; user-friendly; virtual; pixelated; open-source; "
        "hacked; infected; buggy; remote; high-tech"
    ),
    verbs=words(
        "update; install; hack into; reboot; upgrade; test; configure; replace; connect; search; "
        "scan/scanned/scanned; code; reconnect; disable; encrypt; restart; design; optimise; restore; "
        "troubleshoot/troubleshot/troubleshot"
    ),
    activities=words(
        "write/wrote/written a program; surf the internet; type in the password; hunt for bugs; "
        "send/sent/sent an email; back up the files; click on every link; browse the web; store data in "
        "the cloud; code through the night; chat/chatted/chatted online; wait for the download; restart "
        "the server; play a computer game; scroll down the page; build/built/built a website; clean up the "
        "hard drive"
    ),
    events=words(
        "the screen went black; a new email arrived; the update finished at last; the server restarted; an "
        "error message appeared on the screen; the download reached one hundred per cent; the cursor began "
        "to blink; the program ran without a single bug; the printer printed a hundred blank pages; the "
        "website went online; a pop-up window opened; the computer asked for a password; the laptop began "
        "to beep; the search engine found a million results; the code compiled at the first try"
    ),
    problems=words(
        "the computer crashed; the hard drive was full; nobody remembered the password; a virus deleted "
        "all the files; the internet connection broke down; the program was caught in an endless loop; the "
        "keyboard stopped working; the website was hacked; the laptop overheated; the backup was missing; "
        "the screen froze; the update broke the whole system; the server did not respond"
    ),
    fixes=words(
        "restart the computer; restore the files from the backup; change the password; install a virus "
        "scanner; call the help desk; find/found/found the bug in the code; delete the temporary files; "
        "pull the plug for a minute; update the software; read/read/read the error message carefully; "
        "switch to another server"
    ),
    goals=words(
        "write/wrote/written a program without bugs; build/built/built the fastest computer; recover the "
        "lost files; design a new website; crack the code; create a famous app; learn to type without "
        "looking; protect the network; invent a better search engine; reach the last level of the game; "
        "understand the algorithm"
    ),
    questions=pairs(
        "What is a bug? = it is a mistake in a program; What does a processor do? = it carries out the "
        "instructions of a program; What is an algorithm? = it is a list of steps that solves a problem; "
        "Why should you make backups? = a hard drive can fail at any time; What is a bit? = it is either a "
        "zero or a one; How many bits are in a byte? = a byte has eight bits; What is a browser for? = it "
        "shows the pages of the internet; What does a firewall do? = it blocks unwanted connections; What "
        "is a computer virus? = it is a program that copies itself and does harm; What is memory for? = it "
        "holds the data that the computer is using; Who wrote the first computer program? = Ada Lovelace "
        "is often said to have written it; What does a router do? = it passes data between networks; What "
        "makes a password strong? = it is long and hard to guess"
    ),
    tips=words(
        "never share your password; save your work every ten minutes; make a backup every week; do not "
        "open strange email attachments; read the error message first; update your software often; test "
        "the code before you ship it; turn it off and on again; choose a long password; keep coffee away "
        "from the keyboard; log out when you leave the computer"
    ),
    headlines=words(
        "Computer Virus Shuts Down Town Hall; Student Writes App Overnight; Internet Outage Hits Whole "
        "City; Hackers Steal Thousands of Passwords; New Chatbot Answers Every Email; Search Engine "
        "Celebrates Birthday; Software Update Freezes Millions of Screens; Programmer Finds Bug After Ten "
        "Years; Old Laptop Sells for Record Price"
    ),
)

TOPICS_C2: tuple[Topic, ...] = (CASTLE, GHOSTS, COMPUTERS)
