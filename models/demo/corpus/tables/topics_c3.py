"""Hand-written vocabulary of the topics painting, theatre and flying."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

PAINTING = Topic(
    name="painting",
    people=words(
        "painter; portrait artist; art student; landscape painter; illustrator; muralist; art teacher; "
        "watercolourist; life model; paint maker; art critic; picture framer; apprentice painter; old "
        "master; art dealer"
    ),
    things=words(
        "paintbrush; easel; canvas; palette; watercolour; oil painting; self-portrait; sketchbook; picture "
        "frame; palette knife/palette knives; paint tube; still life/still lifes; mural; charcoal sketch; "
        "crayon; pastel drawing; landscape; paint pot; fresco/frescoes; ink drawing; colour chart; "
        "miniature; silhouette; pencil study; masterpiece; triptych; fan brush; paint box; art portfolio; "
        "studio stool; painted panel; stencil; chalk sketch; brush jar; sunset scene; painted vase"
    ),
    stuff=words(
        "oil paint; turpentine; linseed oil; acrylic paint; varnish; pigment; charcoal; ultramarine; gold "
        "leaf; primer; ochre"
    ),
    places=words(
        "in the studio; in front of the easel; on the canvas; at the art class; beside the paint pots; "
        "under the skylight; in the sketchbook; on the palette; in the left corner of the picture; at the "
        "exhibition opening; by the brush jar; in the foreground; against the white wall; at the drawing "
        "table; in the art shop"
    ),
    adjectives=words(
        "colourful; paint-splashed; unfinished; vivid; abstract; hand-painted; smudged; varnished; "
        "impressionist; crimson; turquoise; pastel-coloured; scarlet; freshly painted; artistic; "
        "ochre-stained; half-painted; bright yellow; violet; paint-speckled"
    ),
    verbs=words(
        "paint; sketch; frame; exhibit; colour; copy; draw/drew/drawn; outline; smudge; touch up; gild; "
        "decorate; portray; shade; splash paint on; sign; arrange; hang/hung/hung up; tint"
    ),
    activities=words(
        "paint by the window; mix/mixed/mixed the colours; sketch in the open air; draw/drew/drawn from "
        "life; stretch a new canvas; wash the brushes; pose for a portrait; sign the picture; "
        "add/added/added a touch of red; step/stepped/stepped back from the easel; blend blue with yellow; "
        "paint a mural; draw/drew/drawn with charcoal; prepare an exhibition; copy the old masters; study "
        "light and shadow; squeeze out the last tube of paint"
    ),
    events=words(
        "the light changed in the studio; the paint began to dry; a drop of blue fell on the canvas; the "
        "portrait seemed to smile; the colours ran together; an art critic came into the studio; the last "
        "brushstroke was done; the model fell asleep on the stool; the exhibition opened its doors; the "
        "painter signed the picture; the sunset turned the whole canvas red; a visitor bought the still "
        "life; the mural was unveiled; yellow and blue turned into green; the sketch looked better than "
        "the painting"
    ),
    problems=words(
        "the red paint ran out; the canvas ripped; the palette fell upside down on the rug; the portrait "
        "looked like somebody else; the paint would not dry; the brushes were stiff as wood; someone "
        "smudged the wet picture; the easel collapsed; the colours turned to a muddy brown; the "
        "masterpiece was hung upside down; the model would not sit still; turpentine dripped on the "
        "watercolour; the varnish cracked all over the portrait"
    ),
    fixes=words(
        "mix/mixed/mixed a new shade; paint over the spot; start again on a fresh canvas; rinse the "
        "brushes in turpentine; turn the smudge into a cloud; borrow some paint from the art teacher; "
        "scrape it off with the palette knife; wait for the paint to dry; call it modern art; sketch the "
        "whole scene once more; add/added/added a bold stroke of white"
    ),
    goals=words(
        "paint a masterpiece; finish the portrait; find/found/found the perfect blue; have/had/had an "
        "exhibition; capture the evening light; sell/sold/sold the first painting; draw/drew/drawn a "
        "perfect circle; paint the biggest mural in town; learn to draw hands; mix/mixed/mixed a brand new "
        "colour; fill the whole sketchbook"
    ),
    questions=pairs(
        "Which colours make green? = blue and yellow make green; Which colours make orange? = red and "
        "yellow make orange; Which are the primary colours of paint? = they are red, yellow and blue; What "
        "is an easel for? = it holds the canvas upright; What is a palette? = it is a board for mixing "
        "colours; What is a self-portrait? = it is a picture of the painter by the painter; Who painted "
        "the Mona Lisa? = Leonardo da Vinci painted it; What is a fresco? = it is a painting on wet "
        "plaster; What is a still life? = it is a picture of things that do not move; Why are pictures "
        "varnished? = the varnish protects the paint; What is pigment? = it is the powder that gives paint "
        "its colour; What thins oil paint? = turpentine thins it; What is a mural? = it is a painting on a "
        "wall"
    ),
    tips=words(
        "always wash your brushes before the paint dries; start with the lightest colours in a "
        "watercolour; step back from the easel now and then; mix more paint than you need; draw what you "
        "see and not what you know; wear an apron in the studio; let the first layer dry; never leave a "
        "brush standing on its bristles; carry a sketchbook everywhere; add black sparingly; squint to see "
        "the shadows better"
    ),
    headlines=words(
        "Lost Masterpiece Found in Attic; Painter Unveils Giant Mural; Portrait of Mayor Hung Upside Down; "
        "Watercolour Sold for Record Sum; Art Student Wins Portrait Prize; Stolen Self-Portrait Returned; "
        "Critics Puzzled by Blank Canvas; Exhibition of Still Lifes Opens; Famous Landscape Turns Out to "
        "Be a Copy"
    ),
)

THEATRE = Topic(
    name="theatre",
    people=words(
        "actor; actress; stage director; prompter; playwright; stagehand; understudy; leading lady/leading "
        "ladies; costume maker; usher; drama critic; make-up artist; comedian; lighting technician; chorus "
        "dancer; drama pupil"
    ),
    things=words(
        "stage curtain; script; costume; spotlight; wig; prop sword; mask; playbill; box office; backdrop; "
        "ticket stub; dressing room; opera glass; puppet; stage trapdoor; monologue; footlight; programme; "
        "prompt book; scene; bouquet; make-up box; stage door; paper crown; balcony seat; audition; false "
        "beard; playhouse; cue card; rehearsal; costume trunk; premiere; final act; prop table; poster; "
        "stage set"
    ),
    stuff=words(
        "applause; greasepaint; stage fright; face powder; laughter; stage fog; scenery; limelight; face paint; drama"
    ),
    places=words(
        "on the stage; behind the curtain; in the dressing room; in the front row; in the wings; at the "
        "stage door; under the spotlight; in the royal box; at the box office; in the prompter's corner; "
        "in the stalls; at the dress rehearsal; in the foyer; on opening night; in the second act"
    ),
    adjectives=words(
        "dramatic; theatrical; glittering; tragic; comic; sequined; spotlit; overdressed; shakespearean; "
        "melodramatic; rehearsed; stagy; make-believe; dazzling; applauded; backstage; showy; sold-out; "
        "gaudy; much-praised"
    ),
    verbs=words(
        "rehearse with; applaud; stage; unveil; bow to; praise; act out; borrow; review; light/lit/lit up; "
        "cheer; improvise with; perform with; prepare; adore; direct; upstage; announce; pose with"
    ),
    activities=words(
        "rehearse the last scene; learn the lines; bow to the audience; wait in the wings; act in a "
        "comedy; forget/forgot/forgotten the words; try on costumes; whisper the cues; "
        "clap/clapped/clapped for an encore; stand/stood/stood in the spotlight; paint the scenery; play "
        "the villain; put/put/put on make-up; speak/spoke/spoken a long monologue; audition for the "
        "leading role; raise the curtain; dance in the chorus; faint in the third act"
    ),
    events=words(
        "the curtain rose; the audience held its breath; the spotlight moved across the stage; the whole "
        "house burst into applause; the villain entered from the left; the prompter whispered the next "
        "line; the understudy got the part; flowers rained down on the stage; the third bell rang in the "
        "foyer; the leading lady missed her cue; the critics stood up and cheered; the second act began; "
        "the curtain fell for the last time; the tickets sold out in an hour; the wig slipped during the "
        "love scene"
    ),
    problems=words(
        "the leading actor lost his voice; the curtain got stuck halfway; everyone forgot the lines; the "
        "costume split down the back; the spotlight went out; the scenery fell over; the prompter fell "
        "asleep; the prop sword was missing; the audience began to yawn; the leading lady had terrible "
        "stage fright; the script disappeared before the premiere; the trapdoor opened too soon; the false "
        "beard fell off"
    ),
    fixes=words(
        "improvise a new scene; call for the understudy; lower the curtain; whisper the right line; "
        "sew/sewed/sewn up the costume in the wings; turn it into a joke; take/took/taken a deep bow; "
        "begin/began/begun the act again; borrow a mask from the prop table; sing/sang/sung in the dark; "
        "read/read/read the part from the script"
    ),
    goals=words(
        "play the leading role; earn a standing ovation; write/wrote/written a play; learn all the lines "
        "by heart; overcome the stage fright; act on the biggest stage; watch the premiere; make/made/made "
        "the audience cry; win/won/won over the critics; sew/sewed/sewn the most splendid costume; direct "
        "a tragedy"
    ),
    questions=pairs(
        "What is a prompter? = the prompter whispers forgotten lines; What is an understudy? = an "
        "understudy learns the part of another actor; Why do actors bow? = they thank the audience; What "
        "is a premiere? = it is the first performance of a play; Who wrote Hamlet? = William Shakespeare "
        "wrote it; What is a monologue? = it is a long speech by one person; What are props? = they are "
        "objects that actors use on stage; What is a tragedy? = it is a play with a sad ending; What are "
        "the wings? = they are the hidden sides of the stage; What is a dress rehearsal? = it is the last "
        "practice in full costume; What is stage fright? = it is the fear of performing in front of "
        "people; What does a playwright do? = a playwright writes plays; Why do actors say break a leg? = "
        "they wish each other luck"
    ),
    tips=words(
        "never turn your back to the audience; learn your lines before the first rehearsal; speak to the "
        "last row; never whistle behind the stage; check your props before the curtain rises; wait for the "
        "laughter to end; keep still in the wings; say break a leg instead of good luck; never name the "
        "cursed play backstage; breathe slowly against stage fright; stay in character when a line is lost"
    ),
    headlines=words(
        "Standing Ovation on Opening Night; Understudy Saves Premiere; Curtain Falls on Historic "
        "Playhouse; Critics Walk Out of New Tragedy; Actor Forgets Every Line; Drama Club Stages Hamlet in "
        "the Rain; Leading Lady Quits Before Second Act; Missing Wig Delays Comedy; Playwright Wins Grand "
        "Drama Prize"
    ),
)

FLYING = Topic(
    name="flying",
    people=words(
        "pilot; co-pilot; flight attendant; air traffic controller; balloonist; glider pilot; parachutist; "
        "aircraft mechanic; airline captain; flight instructor; stunt flyer; air passenger; helicopter "
        "pilot; hang-glider; skydiver; aviator"
    ),
    things=words(
        "aeroplane; propeller; cockpit; parachute; hot-air balloon; glider; helicopter; runway; jet "
        "engine; boarding pass; control tower; biplane; seaplane; windsock; flight map; altimeter; landing "
        "gear; airship; cabin door; wing flap; joystick; pilot's cap; aviator goggle; tail fin; air "
        "ticket; black box; kite; rotor blade; hangar; paper plane; autopilot; life vest; airline seat; "
        "window seat; airport trolley; fuel gauge"
    ),
    stuff=words(
        "jet fuel; turbulence; cloud; tailwind; altitude; thin air; aviation fuel; airmail; airline coffee; hot air"
    ),
    places=words(
        "in the cockpit; above the clouds; on the runway; at the departure gate; in the hangar; at ten "
        "thousand feet; on the left wing; in the control tower; at the airport; under the parachute; in "
        "the balloon basket; on the landing strip; in the window seat; near the propeller; in the airport "
        "lounge"
    ),
    adjectives=words(
        "airborne; aerodynamic; winged; supersonic; soaring; streamlined; airworthy; lightweight; "
        "wind-tossed; high-flying; featherlight; sky-high; wind-powered; silver-winged; cloud-wrapped; "
        "cloud-grey; wind-chilled; gravity-defying; aerial; flight-tested"
    ),
    verbs=words(
        "test; inspect; steer; fly/flew/flown over; circle above; photograph; soar over; glide past; "
        "check; swoop over; load up; land beside; overhaul; fly/flew/flown with; signal to; parachute "
        "onto; hover above"
    ),
    activities=words(
        "take/took/taken off at dawn; fly/flew/flown through the clouds; land on the short runway; loop "
        "the loop; jump with a parachute; glide over the valley; board the early flight; fasten the seat "
        "belts; circle above the airport; drift along in a balloon; climb to ten thousand feet; radio the "
        "control tower; dive/dived/dived through a cloud; check the instruments; fly/flew/flown by night; "
        "look down from the window seat; fold paper planes"
    ),
    events=words(
        "the plane took off at last; the propeller began to spin; the control tower gave the signal; a "
        "flock of geese flew beside the wing; the plane broke through the clouds; the captain spoke over "
        "the loudspeaker; the balloon rose above the rooftops; the wheels touched the runway; the seat "
        "belt signs lit up; the parachute opened with a jerk; the helicopter landed on the roof; the "
        "glider caught a warm updraught; the fog lifted from the runway; the last passengers boarded; a "
        "rainbow arched below the plane"
    ),
    problems=words(
        "the engine stalled in mid-air; the fuel ran low; thick fog hid the runway; the landing gear was "
        "stuck; the parachute did not open; the flight was cancelled; the radio fell silent; lightning "
        "struck the wing; the propeller stopped turning; the balloon began to lose air; the plane flew "
        "into heavy turbulence; the co-pilot felt airsick; the altimeter showed the wrong height"
    ),
    fixes=words(
        "send/sent/sent out a distress call; land in a field; switch to the second engine; glide down "
        "slowly; pull the spare parachute; drop/dropped/dropped some ballast; climb above the storm "
        "clouds; circle above the fog for a while; switch on the autopilot; follow the lights of the "
        "runway; fire up the burner again"
    ),
    goals=words(
        "fly/flew/flown around the world; become/became/become a pilot; land without a bump; loop the loop "
        "three times; sit/sat/sat in the cockpit; cross the channel in a balloon; build/built/built a "
        "flying machine; jump from four thousand metres; break/broke/broken the speed record of the air; "
        "earn a pilot's licence; fold the perfect paper plane"
    ),
    questions=pairs(
        "How do planes stay in the air? = the wings create lift; Why does a hot-air balloon rise? = hot "
        "air is lighter than cold air; What does a propeller do? = it pulls or pushes the plane forward; "
        "Who built the first powered plane that flew? = the Wright brothers built it; What is a windsock "
        "for? = it shows the direction of the wind; What does an altimeter measure? = it measures the "
        "height of a plane; What is a glider? = it is a plane without an engine; Why do ears pop during a "
        "flight? = the air pressure changes; What is turbulence? = it is rough and swirling air; What does "
        "air traffic control do? = it guides planes safely; How does a parachute work? = it catches the "
        "air and slows the fall; What is a black box? = it records the data of a flight; Where is a plane "
        "steered? = it is steered from the cockpit"
    ),
    tips=words(
        "always fasten your seat belt; check the fuel before take-off; take off into the wind; chew gum "
        "when your ears hurt; never land with a strong tailwind; listen to the control tower; pack your "
        "parachute yourself; keep your boarding pass ready; trust your instruments in the fog; arrive at "
        "the airport two hours early; choose a window seat on a clear day"
    ),
    headlines=words(
        "Pilot Lands Plane on Motorway; Balloonist Crosses Channel in Record Time; Fog Grounds All "
        "Flights; New Runway Opens at City Airport; Grandmother Makes First Parachute Jump; Geese Delay "
        "Morning Departure; Stunt Flyer Loops Under Bridge; Lost Airship Spotted Above Clouds; Airline "
        "Loses Nine Hundred Suitcases"
    ),
)

TOPICS_C3: tuple[Topic, ...] = (PAINTING, THEATRE, FLYING)
