"""Hand-made vocabulary of the topics space, hospital, school."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

TOPICS_A2: tuple[Topic, ...] = (
    Topic(
        name="space",
        people=words("""
            astronaut; mission commander; astronomer; space pilot; rocket engineer; cosmonaut;
            flight controller; stargazer; moonwalker; space tourist; payload specialist; planetary scientist;
            alien
        """),
        things=words("""
            telescope; rocket; space suit; satellite; capsule; moon rover; heat shield; oxygen tank;
            solar panel; star chart; antenna; thruster; airlock hatch; space helmet; moon lander; meteorite;
            moon rock; booster; fuel cell; docking clamp; space probe; signal beacon; cargo pod; escape pod;
            gyroscope; flight recorder; moon boot; radio dish; sample canister; asteroid fragment; ion engine;
            starship; orbiter; rocket nozzle
        """),
        stuff=words("""
            moon dust; rocket fuel; starlight; oxygen; cosmic radiation; weightlessness; freeze-dried food;
            stardust; liquid hydrogen
        """),
        places=words("""
            on the launch pad; in orbit; aboard the space station; on the far side of the moon;
            inside the airlock; near Saturn's rings; in the observatory; at mission control;
            on the surface of Mars; among the asteroids; in the command module; beyond Neptune;
            at the edge of the galaxy; in the cargo bay of the shuttle; inside the lunar crater
        """),
        adjectives=words("""
            orbital; lunar; interstellar; weightless; cosmic; starlit; space-worn; moon-dusty; meteor-scarred;
            gleaming; radiation-proof; deep-space; star-bound; futuristic; titanium; solar-powered;
            extraterrestrial; experimental; astronomical
        """),
        verbs=words("""
            launch; scan; inspect; test; secure; load; track; retrieve; weigh; transport; seal; examine;
            detach; photograph; send/sent/sent up; bring/brought/brought aboard; study
        """),
        activities=words("""
            float through the cabin; orbit the earth; walk on the moon; count down to lift-off;
            gaze at the stars; train for the mission; dock with the space station; map the craters;
            search for alien life; watch the meteor shower; land on Mars; talk to mission control;
            drive/drove/driven across the lunar plain; repair the antenna outside; study distant galaxies;
            steer through the asteroid belt
        """),
        events=words("""
            the rocket lifted off; a comet crossed the sky; the earth rose over the lunar horizon;
            the engines ignited; a shooting star flashed past the window; the capsule splashed down safely;
            the countdown reached zero; the space station passed overhead;
            a strange signal arrived from deep space; the stars shone without twinkling;
            the lander touched down in the crater; the booster fell away; the sun set behind Jupiter;
            the airlock hissed open
        """),
        problems=words("""
            the oxygen ran low; the radio link to mission control broke off; a meteorite hit the solar panel;
            the countdown stopped at three; the capsule drifted out of orbit; the landing engine failed;
            a leak opened in the space suit; the rover got stuck in moon dust;
            the navigator lost track of the stars; the docking hatch jammed; the rocket ran out of fuel;
            an asteroid came straight at the ship
        """),
        fixes=words("""
            call mission control; switch to the backup thruster; go/went/gone out on a spacewalk;
            seal the airlock; wait for the rescue shuttle; steer by the pole star; restart the main engine;
            return to earth; dock at the nearest space station; fire the boosters once more;
            climb into the escape pod
        """),
        goals=words("""
            walk on Mars; discover a new planet; become/became/become an astronaut;
            see/saw/seen the earth from orbit; build/built/built a moon base; catch/caught/caught a comet;
            find/found/found life on another planet; fly/flew/flown to the rings of Saturn; name a star;
            build/built/built a giant telescope; land first on the far side of the moon
        """),
        questions=pairs("""
            Why do astronauts float? = they fall around the earth together with their ship;
            Which planet is the largest? = Jupiter is the largest planet;
            What are the rings of Saturn made of? = they are made of ice and rock;
            Why does the moon shine? = it reflects the light of the sun;
            How long does light take from the sun to the earth? = it takes about eight minutes;
            Why is Mars red? = its dust is full of rust; What is a comet? = a comet is a ball of ice and dust;
            Who first walked on the moon? = Neil Armstrong walked there first;
            What is a shooting star? = it is a grain of dust that burns up in the air;
            Is there sound in space? = sound cannot travel through empty space;
            What is the nearest star to the earth? = the sun is the nearest star;
            What is our galaxy called? = our galaxy is called the Milky Way
        """),
        tips=words("""
            check your oxygen before every spacewalk; never look at the sun through a telescope;
            fasten your belt before lift-off; let your eyes get used to the dark before stargazing;
            tie down everything in zero gravity; drink slowly when you are weightless;
            keep the visor shut on the lunar surface; exercise every day in orbit;
            learn the constellations one by one; listen to mission control
        """),
        headlines=words("""
            Rover Sends First Pictures From Mars; Astronauts Repair Space Station Antenna;
            New Comet Visible Tonight; Rocket Launch Delayed Again; Telescope Finds Earth-Like Planet;
            Moon Rock Goes Missing From Observatory; Probe Leaves the Solar System;
            Space Tourists Return After Nine Orbits
        """),
    ),
    Topic(
        name="hospital",
        people=words("""
            nurse; surgeon; doctor; patient; paramedic; midwife/midwives; ambulance driver; pharmacist;
            radiologist; physiotherapist; ward sister; dentist; anaesthetist; hospital porter
        """),
        things=words("""
            stethoscope; thermometer; bandage; wheelchair; syringe; crutch; plaster cast; stretcher;
            pill bottle; bedpan; hospital bed; drip stand; face mask; rubber glove; scalpel; blood sample;
            arm sling; fever chart; first-aid kit; oxygen mask; heart monitor; hospital gown; eye patch;
            neck brace; splint; walking frame; medicine trolley; inhaler; cotton swab; ice pack;
            reflex hammer; blood-pressure cuff; incubator; pacemaker; x-ray plate
        """),
        stuff=words("""
            cough syrup; disinfectant; antiseptic; gauze; ointment; anaesthetic; medicine; iodine; penicillin
        """),
        places=words("""
            in the waiting room; on the ward; in the operating theatre; at the nurses' station;
            beside the patient's bed; in the emergency room; in the ambulance; at the pharmacy;
            in the x-ray room; on the children's ward; behind the green curtain;
            outside the intensive care unit; in the recovery room; at the bedside; in the maternity wing
        """),
        adjectives=words("""
            sterile; disinfected; medical; surgical; clinical; bandaged; germ-free; sanitised; adjustable;
            hygienic; disposable; contaminated; therapeutic; antiseptic; orthopaedic; life-saving;
            unsterilised; emergency; prescribed
        """),
        verbs=words("""
            sterilise; disinfect; fetch; label/labelled/labelled; check; replace; adjust;
            bring/brought/brought in; order; hand over; examine; prepare; wipe down; request; sanitise;
            inspect; wheel in
        """),
        activities=words("""
            wait for the doctor; take/took/taken the patient's temperature;
            do/did/done the rounds on the ward; learn to walk on crutches; change the dressings;
            recover from the operation; visit a sick friend on the ward; assist the surgeon;
            swallow a bitter medicine; rest after the operation; rush to the emergency room;
            write/wrote/written a prescription; measure the blood pressure; cheer up the patients;
            work a night shift on the ward; gargle with salt water
        """),
        events=words("""
            the ambulance arrived with its siren on; the doctor listened to the patient's heart;
            the fever went down; a baby was born on the second floor; the surgeon put on her gloves;
            the nurse changed the bandage; the broken leg began to heal;
            the visitors brought grapes and flowers; the x-ray showed a tiny crack; the stitches came out;
            the patient woke from the anaesthetic; the doctor signed the discharge papers;
            the heart monitor beeped steadily; the night nurse dimmed the lights on the ward
        """),
        problems=words("""
            the fever rose again; the waiting room overflowed; the ambulance got a flat tyre;
            someone mixed up the blood samples; the wound became infected; a patient fainted in the corridor;
            the ward ran out of bandages; half of the nurses caught the flu; the x-ray machine broke down;
            the patient refused the medicine; the heart monitor stopped beeping;
            the operation had to be postponed
        """),
        fixes=words("""
            call the head doctor; send/sent/sent for a specialist; put/put/put on a fresh bandage;
            give/gave/given the right medicine; ring/rang/rung the emergency bell;
            take/took/taken another x-ray; ask the night nurse for help;
            bring/brought/brought everyone to another ward; repeat the test in the laboratory;
            order fresh supplies from the pharmacy; find/found/found a free bed
        """),
        goals=words("""
            become/became/become a surgeon; go/went/gone home without crutches;
            find/found/found a cure for the fever; save every patient; learn first aid;
            make/made/made the sick children laugh; pass the nursing exam; walk again after the accident;
            get/got/got well before the holidays; open a clinic in the village;
            deliver the first baby of the year
        """),
        questions=pairs("""
            Why do we get a fever? = the body fights germs by heating up;
            What does a stethoscope do? = it lets the doctor hear the heart and the lungs;
            How does a vaccine help? = it trains the body to fight a disease;
            Why do surgeons wear masks? = masks keep germs away from the wound;
            What does an x-ray show? = it shows the bones inside the body;
            How many bones does an adult have? = an adult has two hundred and six bones;
            Why do broken bones need a cast? = the cast holds them still while they heal;
            What do antibiotics do? = they kill bacteria;
            What does the heart do? = it pumps blood through the body;
            What is a normal body temperature? = about thirty-seven degrees is normal;
            Why do we wash our hands? = soap and water remove germs;
            Who discovered penicillin? = Alexander Fleming discovered it
        """),
        tips=words("""
            wash your hands before you visit a patient; finish the whole course of antibiotics;
            drink plenty of water when you have a fever; keep the wound clean and dry;
            stay in bed until the doctor allows you up; cough into your elbow; take the medicine after meals;
            never share a syringe; write down your questions for the doctor;
            get vaccinated before the flu season
        """),
        headlines=words("""
            New Children's Ward Opens Its Doors; Surgeons Perform First Heart Transplant in City;
            Nurses Ask for Shorter Shifts; Flu Fills Hospital Beds; Ambulance Delivers Twins on Motorway;
            Doctors Praise New Vaccine; Emergency Room Reopens After Repairs; Clinic Thanks Its Blood Donors
        """),
    ),
    Topic(
        name="school",
        people=words("""
            teacher; pupil; headmaster; classmate; schoolboy; schoolgirl; caretaker; maths teacher;
            class clown; substitute teacher; head girl; lollipop lady; exchange student; form tutor
        """),
        things=words("""
            satchel; ruler; textbook; pencil case; exercise book; eraser; lunch box; report card; worksheet;
            spelling test; essay; protractor; crayon; felt-tip; glue stick; geometry set; school bag;
            class register; times-table chart; school tie; pencil sharpener; flash card; highlighter;
            permission slip; quiz sheet; whiteboard pen; homework diary; school blazer; chemistry set;
            biology poster; grammar book; class photo; handwriting book; exam paper; school uniform
        """),
        stuff=words("""
            chalk; homework; algebra; arithmetic; grammar; ink; detention; spelling; geography
        """),
        places=words("""
            in the classroom; on the playground; at the blackboard; in the back row; in the school hall;
            behind the bike sheds; in the headmaster's office; by the lockers; at the school gate;
            in the chemistry lab; in the canteen; outside the staff room; at the teacher's desk; in the gym;
            on the school bus
        """),
        adjectives=words("""
            ink-stained; chalky; crumpled; well-thumbed; doodled-on; scribbled-on; educational; second-hand;
            neatly labelled; half-finished; dog-eared; school-issued; compulsory; chewed; confiscated;
            forgotten; brand-new; tatty
        """),
        verbs=words("""
            borrow; forget/forgot/forgotten; show/showed/shown; lend/lent/lent; lose/lost/lost; tidy away;
            hold/held/held up; hand out; mislay/mislaid/mislaid; bring/brought/brought along; confiscate;
            collect; decorate; leave/left/left behind; hand in; label/labelled/labelled; search for
        """),
        activities=words("""
            learn the times tables; do/did/done the homework; whisper during the lesson;
            raise a hand in class; practise spelling; copy the sums from the blackboard; study for the exam;
            skip rope at break time; read/read/read aloud to the class; daydream through geography;
            queue for the school lunch; revise for the history test; sit/sat/sat in detention;
            write/wrote/written an essay; pass secret notes under the desk; line up at the school gate;
            solve equations
        """),
        events=words("""
            the school bell rang; the teacher handed back the tests; a new pupil joined the class;
            the whole class burst out laughing; the headmaster walked into the classroom;
            the summer holidays began; the teacher called the register;
            a paper plane flew across the classroom; the lesson ended early; the pupils lined up in pairs;
            someone drew a face on the blackboard; the class hamster escaped; the exam results arrived;
            the chalk squeaked on the board
        """),
        problems=words("""
            the homework got lost; the exam was much too hard; the whole class failed the spelling test;
            the school bus left without the last pupil; somebody copied the wrong answers;
            the teacher lost the class register; the lesson clashed with the school trip;
            the chemistry experiment went wrong; two pupils quarrelled in the playground;
            the school boiler broke down; the essay was due in an hour; nobody understood the fractions
        """),
        fixes=words("""
            ask the teacher for help; study together after class; hand in the homework a day late;
            do/did/done the test again; explain everything to the headmaster;
            write/wrote/written a letter of apology to the class; borrow the notes of a classmate;
            stay behind after the lesson; practise every evening before the exam;
            send/sent/sent a note to the parents; call a meeting in the staff room
        """),
        goals=words("""
            get/got/got top marks in maths; pass the final exam; become/became/become head of the class;
            learn all the capitals by heart; win/won/won the spelling contest;
            finish the homework before supper; go/went/gone on the class trip;
            make/made/made a friend in the new class; win/won/won a prize for neat handwriting;
            become/became/become a teacher; master long division
        """),
        questions=pairs("""
            What is seven times eight? = seven times eight is fifty-six;
            How many sides does a hexagon have? = a hexagon has six sides;
            What is a verb? = a verb is a word for doing or being;
            How many degrees has a right angle? = a right angle has ninety degrees;
            What is the capital of France? = Paris is the capital of France;
            How many letters are in the English alphabet? = the English alphabet has twenty-six letters;
            What is the square root of eighty-one? = nine is the square root of eighty-one;
            What is an adjective? = an adjective describes a noun;
            How many continents are there? = most teachers count seven continents;
            What is half of a half? = half of a half is a quarter;
            What is a prime number? = only one and the number itself divide it;
            Where is the equator? = it runs around the middle of the earth
        """),
        tips=words("""
            pack your satchel the night before; do your homework before you play;
            ask the teacher when you do not understand; write neatly in your exercise book;
            revise a little every day; never copy from your neighbour; read the exam question twice;
            sharpen your pencils before the test; be kind to the new pupil; learn ten new words a week
        """),
        headlines=words("""
            Village School Gets New Classroom; Pupils Win National Spelling Contest;
            Teachers Call for Smaller Classes; Exam Papers Lost on School Bus;
            Headmaster Bans Homework on Fridays; Class Hamster Found After Three Days;
            Schoolchildren Write to Prime Minister; New Timetable Angers Pupils
        """),
    ),
)
