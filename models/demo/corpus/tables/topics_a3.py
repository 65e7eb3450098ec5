"""Hand-made vocabulary of the topics music, money, football."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

TOPICS_A3: tuple[Topic, ...] = (
    Topic(
        name="music",
        people=words("""
            violinist; pianist; conductor; drummer; singer; composer; cellist; trumpeter; choirmaster;
            flautist; guitarist; organist; soprano; busker
        """),
        things=words("""
            violin; piano; trumpet; cello; flute; guitar; drum; harp; clarinet; oboe; saxophone; tuba;
            trombone; banjo; accordion; mandolin; viola; ukulele; bassoon; double bass; xylophone; harmonica;
            bagpipe; harpsichord; lute; snare drum; pipe organ; bugle; piccolo; zither; electric guitar;
            fiddle; glockenspiel; cornet
        """),
        stuff=words("""
            sheet music; rhythm; harmony; applause; jazz; chamber music; orchestration; feedback;
            counterpoint; reverb
        """),
        places=words("""
            in the concert hall; in the orchestra pit; at the piano; on the bandstand; in the rehearsal room;
            behind the drum kit; in the choir loft; at the jazz club; beside the conductor's stand;
            in the recording studio; among the violins; next to the loudspeaker; at the back of the orchestra;
            in the music shop; in the front row of the choir
        """),
        adjectives=words("""
            tuneful; melodious; out-of-tune; well-tuned; resonant; mellow; shrill; acoustic; orchestral;
            musical; sweet-sounding; booming; hand-crafted; concert-grade; rich-toned; squeaky; vintage;
            jazzy; deep-voiced
        """),
        verbs=words("""
            play; tune; practise; hear/heard/heard; pick up; record; learn; imitate;
            drown/drowned/drowned out; accompany; muffle; polish; amplify; master; unpack; tune up; rent
        """),
        activities=words("""
            sing/sang/sung in the choir; practise scales; hum a melody; play a duet; clap in time;
            rehearse the symphony; tap out a rhythm; listen to the orchestra; compose a waltz; whistle a tune;
            conduct the brass section; improvise over the chords; play the encore; tune up before the concert;
            strum a few chords; sing/sang/sung a lullaby
        """),
        events=words("""
            the orchestra began to tune up; the conductor raised the baton;
            the audience clapped for an encore; the choir sang the last chorus;
            a violin string snapped with a twang; the drums rolled; the melody grew softer;
            the trumpets sounded a fanfare; the singer hit the high note; the band struck up a waltz;
            the piano fell silent; the concert sold out; the song played on every radio;
            the cellos joined in one by one
        """),
        problems=words("""
            the pianist lost the sheet music; the choir sang out of tune;
            the violin went missing before the concert; the singer lost her voice;
            the drummer missed the beat; the microphone squealed; the conductor dropped the baton;
            nobody remembered the second verse; the trumpet got stuck on one note;
            the piano arrived without its pedals; the band quarrelled over the tempo;
            the loudspeakers went silent
        """),
        fixes=words("""
            start again from the first bar; tune every instrument; play the melody by ear;
            count the beats aloud; sing/sang/sung without the band; borrow an instrument from the music shop;
            rehearse until midnight; find/found/found another key; improvise a new tune; follow the drummer;
            hum the missing part
        """),
        goals=words("""
            play in a famous orchestra; write/wrote/written a hit song; learn to read music;
            sing/sang/sung a solo; form a band; compose a symphony; play the violin like a master;
            record an album; hear/heard/heard the great organ; win/won/won the piano competition;
            conduct a full orchestra
        """),
        questions=pairs("""
            How many strings does a violin have? = a violin has four strings;
            How many keys does a piano have? = a modern piano has eighty-eight keys;
            What does a conductor do? = a conductor keeps the orchestra together;
            Why does a drum sound? = its skin shakes the air;
            What is a chord? = a chord is several notes played together;
            What does piano mean in a score? = it means that the music is soft;
            Who composed the Moonlight Sonata? = Ludwig van Beethoven composed it;
            How many musicians play in a quartet? = four musicians play in a quartet;
            What is the highest singing voice? = soprano is the highest voice;
            Why do long strings sound lower? = they swing more slowly;
            What is an octave? = an octave spans eight notes of the scale;
            What does a metronome do? = it ticks to keep the tempo
        """),
        tips=words("""
            practise your scales every day; tune your instrument before you play;
            count the rests as carefully as the notes; warm up your voice before you sing;
            listen to the other players; start slowly with a metronome; rosin your bow before the concert;
            rest your lips after playing the trumpet; learn the chorus first; hold the bow lightly
        """),
        headlines=words("""
            Orchestra Plays to Full House; Stolen Violin Found on Bus; Young Pianist Wins First Prize;
            Choir Celebrates a Hundred Years of Song; Jazz Band Plays Until Dawn;
            Lost Symphony Discovered in Attic; Conductor Drops Baton and Keeps Going;
            Street Musicians Get Their Own Bandstand
        """),
    ),
    Topic(
        name="money",
        people=words("""
            banker; cashier; accountant; moneylender; millionaire; investor; shopkeeper; treasurer;
            stockbroker; tax collector; pickpocket; miser; bank manager; coin collector
        """),
        things=words("""
            coin; banknote; wallet; purse; piggy bank; cash box; cheque; receipt; invoice; savings book;
            gold bar; credit card; money belt; ledger; payslip; price tag; share certificate; gift voucher;
            tip jar; lottery ticket; discount coupon; loan agreement; tax form; bank statement; penny jar;
            government bond; money pouch; silver dollar; bank card; money bag; debit note; pension plan;
            safe-deposit key; account book; expense sheet
        """),
        stuff=words("""
            cash; small change; interest; debt; profit; pocket money; inflation; petty cash; credit
        """),
        places=words("""
            at the bank; in the vault; at the cash machine; behind the counter of the bank;
            at the stock exchange; in the counting house; at the checkout; in the accountant's office;
            under the mattress with the savings; beside the cash register; at the pawnshop; in the safe;
            at the tax office; in the queue for the cashier; on the trading floor
        """),
        adjectives=words("""
            valuable; worthless; costly; counterfeit; profitable; priceless; tax-free; overdue; stolen;
            expensive; unpaid; well-guarded; forged; refundable; gilt-edged; hard-earned; lucrative; pricey;
            financial
        """),
        verbs=words("""
            count up; lock/locked/locked up; hand over; check; find/found/found; hide/hid/hidden;
            keep/kept/kept; value; examine; steal/stole/stolen; collect; guard; sign for; pay/paid/paid for;
            look after; cash in; lose/lost/lost
        """),
        activities=words("""
            count the coins; save for a rainy day; haggle over the price; pay/paid/paid the bills;
            open a savings account; balance the books; invest in shares; borrow from the bank;
            spend/spent/spent the whole allowance; withdraw/withdrew/withdrawn some cash; compare prices;
            work out the budget; change pounds into dollars; repay/repaid/repaid the loan;
            search every pocket for coins; sell/sold/sold the shares at a loss
        """),
        events=words("""
            the bank opened its doors; share prices fell overnight; the piggy bank burst open;
            the loan was paid back in full; a coin rolled under the counter; the price of gold doubled;
            the cashier counted the notes twice; an unexpected cheque arrived; the interest went up;
            the savings grew a little; the lottery numbers were drawn; the shop halved its prices;
            the accountant found the missing penny; the tax refund came through
        """),
        problems=words("""
            the purse was empty; the bank refused the loan; a pickpocket took the wallet;
            the bill was far too high; the cash machine swallowed the card; the savings were gone;
            the rent was overdue; the banknotes turned out to be forged; the shares lost half their value;
            the accounts did not add up; the cheque bounced; nobody could remember the code of the safe
        """),
        fixes=words("""
            borrow a little money from an uncle; pay/paid/paid in small instalments; talk to the bank manager;
            sell/sold/sold the gold watch; ask for a refund; check every receipt; cancel the card;
            spend/spent/spent less each week; break/broke/broken open the piggy bank;
            write/wrote/written a new budget; earn the money back
        """),
        goals=words("""
            save a thousand pounds; become/became/become a millionaire; pay/paid/paid off the debt;
            buy/bought/bought a house without a loan; double the savings;
            find/found/found the cheapest price in town; own a rare gold coin; earn an honest wage;
            balance the budget; win/won/won the lottery; open a bank account
        """),
        questions=pairs("""
            What is interest? = interest is the price of borrowed money;
            What does a bank do? = it keeps savings and lends money;
            What is inflation? = inflation means that prices rise;
            Why do people pay taxes? = taxes pay for roads, police and pensions;
            What is a share? = a share is a small part of a company;
            What is a budget? = a budget is a plan for spending;
            How many pence are in a pound? = there are a hundred pence in a pound;
            What currency does Japan use? = Japan uses the yen;
            What is profit? = profit is what remains after all the costs;
            What is a loan? = a loan is money that must be paid back;
            How many cents are in a dollar? = there are a hundred cents in a dollar;
            Why is gold valuable? = gold is rare and does not rust
        """),
        tips=words("""
            spend less than you earn; keep every receipt; never lend money you cannot lose;
            compare prices before you buy; pay off the dearest debt first;
            do not tell anyone your card number; save a tenth of every wage;
            read the contract before you sign the loan; count your change at the till;
            put some cash aside for emergencies
        """),
        headlines=words("""
            Bank Raises Interest Rates Again; Share Prices Fall After Bad News;
            Lottery Winner Gives Fortune Away; Forged Banknotes Found in City;
            Inflation Slows for Third Month; Pensioner Finds Gold Coins Under Floor;
            Cash Machine Pays Out Double; Government Plans New Tax on Luxury Goods
        """),
    ),
    Topic(
        name="football",
        people=words("""
            goalkeeper; striker; referee; midfielder; football coach; linesman/linesmen; football fan;
            substitute; defender; team captain; winger; football commentator; talent scout;
            groundsman/groundsmen
        """),
        things=words("""
            football; goal net; referee's whistle; football shirt; football boot; shin pad; corner flag;
            red card; yellow card; team scarf/team scarves; league trophy/league trophies; captain's armband;
            goalkeeper glove; match ticket; team sheet; winner's medal; training cone; season ticket;
            match programme; substitution board; tracksuit; training bib; ball pump; tactics board; kit bag;
            club pennant; cup final ticket; football sticker; away shirt; match ball; silver cup;
            supporters' banner; linesman's flag; golden boot; club badge
        """),
        stuff=words("""
            stoppage time; possession; midfield play; turf; team spirit; half-time tea; teamwork; extra time
        """),
        places=words("""
            on the pitch; in the stadium; in the penalty area; on the touchline; between the goalposts;
            in the dressing room; on the substitutes' bench; at the corner flag; in the home stand;
            on the halfway line; behind the goal; in the players' tunnel; on the training ground;
            in the commentary box; in the centre circle
        """),
        adjectives=words("""
            muddy; grass-stained; autographed; club-coloured; lucky; official; match-worn; prize-winning;
            championship; well-worn; trampled; mud-spattered; club-branded; striped; old-fashioned;
            regulation; rain-soaked; treasured; mud-caked
        """),
        verbs=words("""
            sign; hold/held/held up; wave; pick up; throw/threw/thrown; carry off; display; kiss;
            lose/lost/lost; collect; pack; grab/grabbed/grabbed; kick away; bring/brought/brought along;
            autograph; argue over; find/found/found
        """),
        activities=words("""
            train for the cup final; score from the halfway line; cheer for the home team; practise penalties;
            warm up on the touchline; dribble past two defenders; shoot/shot/shot at the goal;
            pass the ball to the striker; head the ball over the bar; sing/sang/sung in the stands;
            defend the corner; run/ran/run down the wing; dive for the ball; argue with the referee;
            tackle the winger; celebrate the equaliser
        """),
        events=words("""
            the referee blew the whistle; the ball hit the post; the striker scored in the last minute;
            the crowd jumped to its feet; the goalkeeper saved the penalty; the match went into extra time;
            the captain lifted the cup; the substitute came on; the first half ended without a goal;
            the defender headed the ball off the line; the fans poured into the stadium;
            the home team took the lead; the winger crossed the ball; the referee showed a yellow card
        """),
        problems=words("""
            the goalkeeper twisted an ankle; the team was two goals behind;
            the referee gave an unfair penalty; the captain was sent off; the rain flooded the pitch;
            the team bus arrived after kick-off; the striker missed an open goal;
            the kit bag was left at home; the ball burst before half-time; the defence fell apart;
            the best player was transferred to a rival club; only ten players turned up for the match
        """),
        fixes=words("""
            bring/brought/brought on a substitute; score an equaliser; change the tactics at half-time;
            appeal to the referee; replay the match on Sunday; pump up the spare ball;
            move an extra man into defence; put/put/put the striker in goal;
            win/won/won the match on penalties; train twice as hard; encourage the team in the dressing room
        """),
        goals=words("""
            win/won/won the league; score a hat-trick; play for the national team; lift the cup;
            reach the final; save a penalty; become/became/become team captain; sign for a bigger club;
            beat/beat/beaten the champions at home; get/got/got promoted to the first division;
            keep/kept/kept a clean sheet
        """),
        questions=pairs("""
            How many players are in a football team? = eleven players are on the pitch;
            How long does a football match last? = a match lasts ninety minutes;
            What does a red card mean? = the player must leave the pitch;
            Who may touch the ball with the hands? = only the goalkeeper may do so during play;
            What is a hat-trick? = it means that one player scores three goals;
            How far is the penalty spot from the goal? = it is eleven metres from the goal;
            What happens after two yellow cards? = the player is sent off;
            Which country won the first World Cup? = Uruguay won it at home;
            When is a corner kick given? = the defenders put the ball behind their own goal line;
            What does the linesman do? = he raises a flag for offside;
            What is extra time? = it is half an hour more to settle a draw;
            How often is the World Cup held? = it is held every four years
        """),
        tips=words("""
            pass the ball before you are tackled; warm up before the match; keep your eye on the ball;
            never argue with the referee; wear shin pads even in training; use both feet when you dribble;
            aim for the corners of the goal; shake hands after the final whistle; talk to your defenders;
            drink water at half-time
        """),
        headlines=words("""
            Late Goal Decides Cup Final; Goalkeeper Saves Three Penalties;
            Striker Leaves Club After Ten Seasons; Flooded Pitch Stops Derby;
            Fans Celebrate Promotion in the Rain; Referee Forgets Whistle at Kick-Off;
            Village Team Beats the Champions; Coach Sacked After Sixth Defeat
        """),
    ),
)
