"""Hand-made vocabulary of the topics wedding, court and chess."""

from models.demo.corpus.tables.packed import pairs, words
from models.demo.corpus.tables.topic import Topic

TOPICS_B4: tuple[Topic, ...] = (
    Topic(
        name="wedding",
        people=words(
            "bride; groom; bridesmaid; best man/best men; wedding planner; maid of honour/maids of honour; "
            "mother-in-law/mothers-in-law; father of the bride/fathers of the bride; flower girl; wedding "
            "guest; registrar; vicar; page boy; matchmaker; dressmaker; newlywed"
        ),
        things=words(
            "bouquet; wedding cake; wedding dress; veil; gold ring; ring cushion; invitation; tiara; "
            "buttonhole; guest book; garter; wedding gift; place card; champagne flute; table centrepiece; "
            "flower garland; honeymoon suitcase; satin shoe; bow tie; silver locket; bridesmaid dress; "
            "wedding photograph; seating plan; thank-you card; evening glove; wedding arch; wedding gown; "
            "paper lantern; waistcoat; confetti box; engagement ring; ribbon rosette; morning suit; gift "
            "box; hair comb; love letter"
        ),
        stuff=words("champagne; lace; wedding confetti; white satin; icing; tulle; rice; sparkling wine; bridal silk"),
        places=words(
            "at the altar; in the wedding chapel; outside the registry office; on the dance floor at the "
            "reception; under the flower arch; in the bridal suite; at the top table; in the wedding "
            "marquee; on the church steps; beside the three-tiered cake; in the bridal shop; at the "
            "engagement party; in the wedding car; along the aisle; at the hen party"
        ),
        adjectives=words(
            "white; romantic; dainty; elegant; bridal; charming; exquisite; stylish; sentimental; "
            "sparkling; delicate; custom-made; matching; beribboned; lavish; tasteful; precious; "
            "enchanting; heirloom; wedding-day"
        ),
        verbs=words(
            "choose/chose/chosen; order; admire; show/showed/shown off; lay/laid/laid out; photograph; "
            "adore; pick out; cry over; pay/paid/paid for; bring/brought/brought along; fuss over; "
            "keep/kept/kept; collect; decorate; wrap/wrapped/wrapped up"
        ),
        activities=words(
            "walk down the aisle; exchange vows; throw/threw/thrown the bouquet; dance the first waltz; "
            "toast the happy couple; cut/cut/cut the wedding cake; propose on one knee; catch/caught/caught "
            "the bouquet; throw/threw/thrown confetti; sign the marriage register; cry with joy at the "
            "altar; pose for the wedding photographs; give/gave/given a speech about the groom; kiss under "
            "the flower arch; try on wedding dresses; leave/left/left for the honeymoon; "
            "write/wrote/written the wedding vows"
        ),
        events=words(
            "the church bells rang for the couple; the bride walked down the aisle; the groom said yes; the "
            "bridesmaids burst into tears; the best man told an old story; the couple exchanged rings; the "
            "guests threw confetti; the bride tossed her bouquet; the newlyweds danced their first waltz; "
            "the vicar smiled at the couple; the wedding cake came in on a trolley; the mother of the bride "
            "wiped her eyes; the groom lifted the veil; the couple drove away with cans rattling behind the "
            "car; the guests raised their glasses to the bride and groom"
        ),
        problems=words(
            "the best man forgot the rings; the groom arrived late; the wedding cake collapsed; the bride's "
            "dress tore; the bouquet went to the wrong church; the wedding band cancelled; rain flooded the "
            "marquee; the vicar mixed up the names; the page boy swallowed the ring; the florist sent "
            "funeral wreaths; the invitations had the wrong date; the bride got cold feet; two aunts "
            "quarrelled over the seating plan"
        ),
        fixes=words(
            "borrow a ring from the bridesmaid; sew/sewed/sewn the dress with white thread; move the "
            "reception indoors; send/sent/sent the best man back for the rings; pick a fresh bouquet from "
            "the hedgerow; hide/hid/hidden the hole in the cake with sugar roses; postpone the ceremony by "
            "an hour; calm the nervous bride; draw/drew/drawn up a new seating plan; ask the groom's uncle "
            "to give the toast; phone the vicar"
        ),
        goals=words(
            "marry a childhood sweetheart; find/found/found the perfect wedding dress; catch/caught/caught "
            "the bridal bouquet; plan/planned/planned a wedding on the beach; propose under the stars; "
            "write/wrote/written the perfect vows; bake a cake with seven tiers; dance at every wedding in "
            "the family; win/won/won the heart of the bridesmaid; get/got/got to the church on time; "
            "honeymoon in Venice"
        ),
        questions=pairs(
            "Why do brides throw the bouquet? = the one who catches it is said to marry next; Why do people "
            "wear wedding rings? = the ring is a sign of endless love; Which finger does a wedding ring go "
            "on in Britain? = it goes on the fourth finger of the left hand; Who keeps the rings before the "
            "ceremony? = the best man keeps the rings; What is a honeymoon? = a honeymoon is a trip after "
            "the wedding; What is a vow? = a vow is a solemn promise; Why do many brides wear white? = "
            "Queen Victoria made white dresses fashionable; What is a silver wedding? = it is the "
            "twenty-fifth anniversary of a marriage; What is a golden wedding? = it is the fiftieth "
            "anniversary of a marriage; What do guests throw at the couple? = they throw confetti or rice; "
            "What is a trousseau? = a trousseau is the clothes and linen a bride collects for her marriage; "
            "Who traditionally walks the bride down the aisle? = her father traditionally walks with her; "
            "What should a bride wear for luck? = she should wear something old and something new"
        ),
        tips=words(
            "always have a spare pair of rings; keep the speech under five minutes; send the invitations "
            "three months ahead; never seat two rivals at the same table; bring tissues to the ceremony; "
            "wear in the wedding shoes at home; book the photographer early; do not show the groom the "
            "dress; write a thank-you card for every gift; practise the first waltz; keep a needle and "
            "white thread in your bag"
        ),
        headlines=words(
            "Bride Arrives by Hot-Air Balloon; Groom Drops Ring Into Canal; Couple Marries After Sixty-Year "
            "Engagement; Wedding Cake Topples at Reception; Twin Sisters Marry Twin Brothers; Vicar Marries "
            "Wrong Couple; Royal Wedding Draws Huge Crowd; Best Man Faints at Altar; Couple in Their "
            "Nineties Say Yes"
        ),
    ),
    Topic(
        name="court",
        people=words(
            "judge; lawyer; barrister; juror; witness; defendant; prosecutor; court clerk; bailiff; "
            "plaintiff; solicitor; magistrate; usher; court stenographer; legal expert"
        ),
        things=words(
            "contract; affidavit; witness statement; summons/summonses; search warrant; subpoena; verdict; "
            "ruling; plea; appeal; court order; testament; defence brief; lawsuit; charge sheet; "
            "indictment; objection; petition; confession; injunction; testimony; court transcript; "
            "settlement; damages claim; police report; sworn statement; expert opinion; closing speech; "
            "custody agreement; expert report; tenancy agreement; cross-examination; written judgment; "
            "formal complaint; bail application"
        ),
        stuff=words(
            "legal advice; bail; case law; legal jargon; legal paperwork; court procedure; sworn testimony; "
            "compensation; justice"
        ),
        places=words(
            "in the courtroom; in the witness box; on the judge's bench; in the dock; in the jury room; "
            "outside the courthouse; in the judge's chambers; at the law firm; in the public gallery of the "
            "court; before the magistrate; at the defence table; on the courthouse steps; in the court of "
            "appeal; at the lawyers' bench; in the holding cell"
        ),
        adjectives=words(
            "legal; disputed; lengthy; unlawful; controversial; convincing; contradictory; detailed; "
            "well-argued; hasty; landmark; questionable; inadmissible; carefully worded; contested; final; "
            "confidential; one-sided; sensational; notorious"
        ),
        verbs=words(
            "dispute; read/read/read out; challenge; contest; draft; review; consider; cite; dismiss; "
            "summarise; question; prepare; reject; clarify; bring/brought/brought up; record; argue over; "
            "hear/heard/heard about; study"
        ),
        activities=words(
            "swear/swore/sworn to tell the truth; cross-examine the witness; plead guilty; plead not "
            "guilty; address the jury; object to the question; rise/rose/risen for the judge; deliberate in "
            "the jury room; bang the gavel; argue before the bench; testify against the landlord; appeal "
            "against the sentence; read/read/read the charges aloud; sit/sat/sat on the jury; "
            "take/took/taken the oath; straighten the judge's wig; sue the neighbour"
        ),
        events=words(
            "the judge banged the gavel; the jury filed back into the courtroom; the witness took the oath; "
            "the defendant rose to his feet; the lawyer objected loudly; the judge adjourned the hearing; "
            "the clerk read out the charges; the foreman announced the verdict; a murmur ran through the "
            "public gallery; the prosecutor called a surprise witness; the defendant pleaded not guilty; "
            "the judge put on his wig; the jury asked for more time; the barrister began her closing "
            "speech; the court acquitted the accused"
        ),
        problems=words(
            "the main witness changed her testimony; the jury could not agree; the defence lawyer lost his "
            "notes; the judge fell asleep on the bench; the defendant failed to appear in court; the will "
            "turned out to be forged; the prosecutor had no proof; a juror broke the rules; the contract "
            "lacked a signature; the court dismissed the claim; the witness lied under oath; the trial "
            "dragged on for months; the judge overruled every objection"
        ),
        fixes=words(
            "call a new witness; adjourn the trial until Monday; appeal to the higher court; settle out of "
            "court; hire a better lawyer; withdraw/withdrew/withdrawn the charges; present the original "
            "contract; replace the juror; ask the judge for a recess; drop/dropped/dropped the lawsuit; "
            "plead for a lighter sentence"
        ),
        goals=words(
            "win/won/won the lawsuit; convince the jury; prove the defendant innocent; become/became/become "
            "a judge; overturn the verdict; win/won/won the appeal; clear the name of the accused; "
            "bring/brought/brought the swindler to justice; get/got/got a fair trial; change an unjust law; "
            "reach a settlement before the hearing"
        ),
        questions=pairs(
            "What is a jury? = a jury is a group of citizens who decide on the facts; How many jurors sit "
            "on a jury in England? = twelve jurors sit on a criminal jury; What is a verdict? = a verdict "
            "is the decision of a jury; What is perjury? = perjury is lying under oath; What is a witness? "
            "= a witness is a person who tells the court what they know; Why do judges in England wear "
            "wigs? = it is a tradition from the seventeenth century; What does acquitted mean? = it means "
            "that the court has found the accused not guilty; What is an appeal? = an appeal asks a higher "
            "court to review a decision; What is a plaintiff? = a plaintiff is the person who brings a "
            "lawsuit; What is bail? = bail lets an accused person stay free until the trial; Who accuses "
            "the defendant in a criminal trial? = the prosecutor accuses the defendant; What is an "
            "affidavit? = an affidavit is a written statement made under oath; What does a defence lawyer "
            "do? = a defence lawyer speaks for the accused"
        ),
        tips=words(
            "always tell the truth under oath; read a contract before you sign it; stand up when the judge "
            "comes in; never interrupt the judge; get legal advice before you sue; keep every document for "
            "the hearing; answer only the question you are asked; dress neatly for the trial; settle out of "
            "court if you can; bring a witness for your claim; remain silent until your lawyer arrives"
        ),
        headlines=words(
            "Jury Finds Mayor Not Guilty; Judge Throws Out Noise Lawsuit; Surprise Witness Shakes Trial; "
            "Landlord Loses Appeal; Court Halts Demolition of Old Mill; Lawyer Sues Own Law Firm; Verdict "
            "Expected on Friday; Juror Dismissed for Snoring; Supreme Court Overturns Ruling"
        ),
    ),
    Topic(
        name="chess",
        people=words(
            "grandmaster; chess champion; chess coach; challenger; opponent; chess prodigy; tournament "
            "director; arbiter; chess club captain; blindfold player; endgame expert; speed chess player; "
            "chess novice; chess teacher; attacking player"
        ),
        things=words(
            "white king; black king; white queen; black queen; white rook; black rook; white bishop; black "
            "bishop; white knight; black knight; white pawn; black pawn; queen's bishop; king's bishop; "
            "queen's knight; king's knight; queen's rook; king's rook; king's pawn; queen's pawn; bishop's "
            "pawn; knight's pawn; rook's pawn; passed pawn; centre pawn; doubled pawn; promoted queen; "
            "light-squared bishop; dark-squared bishop; minor piece; chess piece; isolated pawn; major "
            "piece; fianchettoed bishop"
        ),
        stuff=words(
            "thinking time; counterplay; opening theory; tournament experience; chess notation; chess "
            "knowledge; attacking spirit; endgame practice"
        ),
        places=words(
            "on the chessboard; on the back rank; in the centre of the board; on the long diagonal; at the "
            "chess club; on the e-file; at the chess tournament; beside the chess clock; on the queenside; "
            "on the kingside; at board one; in the corner square; on the seventh rank; across the chess "
            "table; in the playing hall"
        ),
        adjectives=words(
            "pinned; unprotected; hanging; cornered; attacked; well-placed; blocked; exposed; vulnerable; "
            "poorly defended; overworked; centralised; wooden; hand-carved; doomed; misplaced; "
            "far-advanced; trapped; poisoned; sacrificed"
        ),
        verbs=words(
            "attack; defend; protect; threaten; guard; move; pin/pinned/pinned down; trap/trapped/trapped; "
            "lose/lost/lost; surround; corner; watch; forget/forgot/forgotten about; overlook; push "
            "forward; pick up; advance; set/set/set up; blockade; retreat with"
        ),
        activities=words(
            "castle on the kingside; play the Sicilian Defence; announce checkmate; press the chess clock; "
            "study the endgame; sacrifice the queen; offer a draw; solve a chess puzzle; "
            "think/thought/thought ten moves ahead; play blindfold chess; promote a pawn; fork the king and "
            "the rook; resign in the endgame; play blitz at the chess club; write/wrote/written down the "
            "moves; control/controlled/controlled the centre of the board; give/gave/given check with the "
            "knight"
        ),
        events=words(
            "the knight forked the king and the queen; the champion castled early; the pawn reached the "
            "eighth rank; the grandmaster offered a draw; the chess clock ticked louder; the black king "
            "stepped into the corner; the challenger sacrificed a rook; the bishop swept along the long "
            "diagonal; the game ended in stalemate; the prodigy announced mate in four; the rooks doubled "
            "on the open file; the opponent tipped over his king; the players shook hands over the board; "
            "the queen gave check; the queens came off the board"
        ),
        problems=words(
            "the queen fell into a trap; the king stood in check; the flag on the chess clock fell; a pawn "
            "blocked the bishop; the opponent found a brilliant sacrifice; the knight was pinned against "
            "the king; the champion blundered a rook; the king had no escape square; the opening went "
            "terribly wrong; the back rank was weak; somebody knocked over the chessboard; one black pawn "
            "was missing from the box; the attack on the kingside stalled"
        ),
        fixes=words(
            "castle to safety; trade the queens; block the check with a bishop; give/gave/given up a pawn; "
            "move the king off the back rank; sacrifice the exchange; force a draw by repetition; "
            "find/found/found a quiet move; promote the last pawn; counterattack on the queenside; use a "
            "bottle cap as the missing pawn"
        ),
        goals=words(
            "checkmate the champion; become/became/become a grandmaster; promote a pawn to a queen; "
            "win/won/won the chess tournament; beat/beat/beaten the chess coach in twenty moves; master the "
            "Queen's Gambit; play ten games at once; find/found/found a mate in three; learn the Sicilian "
            "Defence; draw/drew/drawn against the world champion; solve the oldest chess problem"
        ),
        questions=pairs(
            "What is checkmate? = checkmate is an attack on the king that cannot be stopped; How does a "
            "knight move? = it moves in the shape of an L; How does a bishop move? = a bishop moves along "
            "the diagonals; How does a rook move? = a rook moves in straight lines; Which is the strongest "
            "chess piece? = the queen is the strongest piece; How many squares does a chessboard have? = a "
            "chessboard has sixty-four squares; Who moves first in chess? = white always moves first; What "
            "is castling? = castling moves the king and a rook at the same time; What happens when a pawn "
            "reaches the last rank? = the pawn becomes another piece; What is stalemate? = it is a draw in "
            "which a player has no legal move and is not in check; How many pawns does each player have? = "
            "each player has eight pawns; Which piece can jump over others? = the knight can jump over "
            "other pieces; What is a fork in chess? = a fork attacks two pieces at the same time; What is a "
            "gambit? = a gambit gives up material in the opening for an advantage"
        ),
        tips=words(
            "always castle before the attack begins; control the centre of the board; never move the same "
            "piece twice in the opening; look for checks before you move; protect your king first; do not "
            "bring your queen out too early; put your rooks on open files; trade pieces when you are ahead; "
            "sit on your hands before you move; learn the basic endgames; keep an eye on the clock; give "
            "your king an escape square"
        ),
        headlines=words(
            "Prodigy Checkmates Grandmaster; World Chess Title Decided by One Pawn; Champion Blunders "
            "Queen; Marathon Game Ends in Stalemate; Village Chess Club Wins League; Nine-Year-Old Plays "
            "Twenty Boards at Once; Chess Clock Dispute Halts Final; Unknown Challenger Beats World "
            "Champion; Rook Sacrifice Stuns Audience"
        ),
    ),
)
