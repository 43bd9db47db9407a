// Written by `npm run kinds`, read by src/known-kinds.ts.
export const KINDS_BY_VERDICT: string = `
abandoned client client-abandoned-connect note client time-wait-reuse info client: 18ce53y2n7k; abandoned client
client-abandoned-connect note client time-wait-reuse info server: 1uil7nve5ts; abandoned client
client-abandoned-connect note client: 3flz4 m672k0r4lc; fin-unacknowledged client fin-retransmission note client
fin-unacknowledged error client time-wait-reuse info client: 191c5unztog; fin-unacknowledged client fin-retransmission
note client fin-unacknowledged error client time-wait-reuse info server: 1v7j8elbcao; fin-unacknowledged client
fin-retransmission note client fin-unacknowledged error client: oy0qtcsg0 mv53aqob28; fin-unacknowledged client
syn-retransmission note client syn-lost-downstream note path fin-retransmission note client fin-unacknowledged error
client time-wait-reuse info client: 191c5unztts; fin-unacknowledged client syn-retransmission note client
syn-lost-downstream note path fin-retransmission note client fin-unacknowledged error client time-wait-reuse info
server: 1v7j8elbcg0; fin-unacknowledged client syn-retransmission note client syn-lost-downstream note path
fin-retransmission note client fin-unacknowledged error client: oy0qtcslc mv53aqob7k; fin-unacknowledged server
fin-retransmission note server fin-unacknowledged error server time-wait-reuse info client: 191c5unztoi;
fin-unacknowledged server fin-retransmission note server fin-unacknowledged error server time-wait-reuse info server:
1v7j8elbcaq; fin-unacknowledged server fin-retransmission note server fin-unacknowledged error server: oy0qtcsg2
mv53aqob2a; fin-unacknowledged server syn-retransmission note client syn-lost-downstream note path fin-retransmission
note server fin-unacknowledged error server time-wait-reuse info client: 191c5unzttu; fin-unacknowledged server
syn-retransmission note client syn-lost-downstream note path fin-retransmission note server fin-unacknowledged error
server time-wait-reuse info server: 1v7j8elbcg2; fin-unacknowledged server syn-retransmission note client
syn-lost-downstream note path fin-retransmission note server fin-unacknowledged error server: oy0qtcsle mv53aqob7m;
final-ack-missing client fin-retransmission note server final-ack-missing warning server last-ack-give-up warning
server time-wait-reuse info client: 1ci7933ad4w; final-ack-missing client fin-retransmission note server
final-ack-missing warning server last-ack-give-up warning server time-wait-reuse info server: 1yoebn0lvr4;
final-ack-missing client fin-retransmission note server final-ack-missing warning server last-ack-give-up warning
server: 45t3z8nbwg qc06j5yuio; final-ack-missing client fin-retransmission note server final-ack-missing warning
server: 1e185qze2o; final-ack-missing client syn-retransmission note client syn-lost-downstream note path
fin-retransmission note server final-ack-missing warning server last-ack-give-up warning server time-wait-reuse info
client: 1ci7933ada8; final-ack-missing client syn-retransmission note client syn-lost-downstream note path
fin-retransmission note server final-ack-missing warning server last-ack-give-up warning server time-wait-reuse info
server: 1yoebn0lvwg; final-ack-missing client syn-retransmission note client syn-lost-downstream note path
fin-retransmission note server final-ack-missing warning server last-ack-give-up warning server: 45t3z8nc1s qc06j5yuo0;
final-ack-missing client syn-retransmission note client syn-lost-downstream note path fin-retransmission note server
final-ack-missing warning server: 1e185qze80; final-ack-missing client syn-retransmission note client
syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note server final-ack-missing warning
server last-ack-give-up warning server time-wait-reuse info client: 1ci7pd3gtkw; final-ack-missing client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note server
final-ack-missing warning server last-ack-give-up warning server time-wait-reuse info server: 1yoerx0sc74;
final-ack-missing client syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path
fin-retransmission note server final-ack-missing warning server last-ack-give-up warning server: 45tk98tscg;
final-ack-missing client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path
fin-retransmission note server final-ack-missing warning server last-ack-give-up warning server time-wait-reuse info
client: 1ci7d15ih8g; final-ack-missing client syn-retransmission note client syn-lost-downstream note path
teardown-w2-lost note path fin-retransmission note server final-ack-missing warning server last-ack-give-up warning
server time-wait-reuse info server: 1yoefl2tzuo; final-ack-missing client syn-retransmission note client
syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note server final-ack-missing warning
server last-ack-give-up warning server: 45t7xavg00; final-ack-missing client teardown-w1-lost note path
fin-retransmission note server final-ack-missing warning server last-ack-give-up warning server time-wait-reuse info
client: 1ci7pd3gtfk; final-ack-missing client teardown-w1-lost note path fin-retransmission note server
final-ack-missing warning server last-ack-give-up warning server time-wait-reuse info server: 1yoerx0sc1s;
final-ack-missing client teardown-w1-lost note path fin-retransmission note server final-ack-missing warning server
last-ack-give-up warning server: 45tk98ts74 qc0mt65atc; final-ack-missing client teardown-w2-lost note path
fin-retransmission note server final-ack-missing warning server last-ack-give-up warning server time-wait-reuse info
client: 1ci7d15ih34; final-ack-missing client teardown-w2-lost note path fin-retransmission note server
final-ack-missing warning server last-ack-give-up warning server time-wait-reuse info server: 1yoefl2tzpc;
final-ack-missing client teardown-w2-lost note path fin-retransmission note server final-ack-missing warning server
last-ack-give-up warning server: 45t7xavfuo qc0ah86ygw; final-ack-missing server fin-retransmission note client
final-ack-missing warning client last-ack-give-up warning client time-wait-reuse info client: 1ci7933ad4y;
final-ack-missing server fin-retransmission note client final-ack-missing warning client last-ack-give-up warning
client time-wait-reuse info server: 1yoebn0lvr6; final-ack-missing server fin-retransmission note client
final-ack-missing warning client last-ack-give-up warning client: 45t3z8nbwi qc06j5yuiq; final-ack-missing server
syn-retransmission note client syn-lost-downstream note path fin-retransmission note client final-ack-missing warning
client last-ack-give-up warning client time-wait-reuse info client: 1ci7933adaa; final-ack-missing server
syn-retransmission note client syn-lost-downstream note path fin-retransmission note client final-ack-missing warning
client last-ack-give-up warning client time-wait-reuse info server: 1yoebn0lvwi; final-ack-missing server
syn-retransmission note client syn-lost-downstream note path fin-retransmission note client final-ack-missing warning
client last-ack-give-up warning client: 45t3z8nc1u qc06j5yuo2; final-ack-missing server syn-retransmission note client
syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note client final-ack-missing warning
client last-ack-give-up warning client time-wait-reuse info client: 1ci7pd3gtky; final-ack-missing server
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note client
final-ack-missing warning client last-ack-give-up warning client time-wait-reuse info server: 1yoerx0sc76;
final-ack-missing server syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path
fin-retransmission note client final-ack-missing warning client last-ack-give-up warning client: 45tk98tsci;
final-ack-missing server syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path
fin-retransmission note client final-ack-missing warning client last-ack-give-up warning client time-wait-reuse info
client: 1ci7d15ih8i; final-ack-missing server syn-retransmission note client syn-lost-downstream note path
teardown-w2-lost note path fin-retransmission note client final-ack-missing warning client last-ack-give-up warning
client time-wait-reuse info server: 1yoefl2tzuq; final-ack-missing server syn-retransmission note client
syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note client final-ack-missing warning
client last-ack-give-up warning client: 45t7xavg02 qc0ah86yma; final-ack-missing server teardown-w1-lost note path
fin-retransmission note client final-ack-missing warning client last-ack-give-up warning client time-wait-reuse info
client: 1ci7pd3gtfm; final-ack-missing server teardown-w1-lost note path fin-retransmission note client
final-ack-missing warning client last-ack-give-up warning client: 45tk98ts76 qc0mt65ate; final-ack-missing server
teardown-w2-lost note path fin-retransmission note client final-ack-missing warning client last-ack-give-up warning
client time-wait-reuse info client: 1ci7d15ih36; final-ack-missing server teardown-w2-lost note path fin-retransmission
note client final-ack-missing warning client last-ack-give-up warning client time-wait-reuse info server: 1yoefl2tzpe;
final-ack-missing server teardown-w2-lost note path fin-retransmission note client final-ack-missing warning client
last-ack-give-up warning client: 45t7xavfuq qc0ah86ygy; graceful both simultaneous-close info path time-wait-owner info
path time-wait-reuse info client: 18ce53wwbvk 18ce53wwbvm; graceful both simultaneous-close info path time-wait-owner
info path time-wait-reuse info server: 1uil7nu7uhs 1uil7nu7uhu; graceful both simultaneous-close info path
time-wait-owner info path: 29an4 29an6 m672jzkt9c m672jzkt9e; graceful both syn-retransmission note client
syn-lost-downstream note path simultaneous-close info path time-wait-owner info path time-wait-reuse info client:
18ce53wwc0w 18ce53wwc0y; graceful both syn-retransmission note client syn-lost-downstream note path simultaneous-close
info path time-wait-owner info path time-wait-reuse info server: 1uil7nu7un4 1uil7nu7un6; graceful both
syn-retransmission note client syn-lost-downstream note path simultaneous-close info path time-wait-owner info path:
29asg 29asi m672jzkteo m672jzkteq; graceful client established-no-data info client time-wait-owner info client: 276rk;
graceful client half-close info client time-wait-owner info client time-wait-reuse info client: 18ce53wwcnk; graceful
client half-close info client time-wait-owner info client time-wait-reuse info server: 1uil7nu7v9s; graceful client
half-close info client time-wait-owner info client: 29bf4 m672jzku1c; graceful client keep-alive-probing note client
teardown-w1-lost note path fin-retransmission note client time-wait-owner info client: p0756mn0g; graceful client
keep-alive-probing note client teardown-w1-lost note path teardown-w3-lost note path fin-retransmission note client
time-wait-owner info client: 1o3rg5lhc; graceful client keep-alive-probing note client teardown-w2-lost note path
fin-retransmission note client time-wait-owner info client: ozut8oao0; graceful client keep-alive-probing note client
teardown-w3-lost note path fin-retransmission note server time-wait-owner info client: 1fjle6t43k; graceful client
keep-alive-probing note client teardown-w4-lost note path fin-retransmission note server time-wait-owner info client:
1ebqxgp7uo; graceful client keep-alive-probing note client time-wait-owner info client midstream-start note capture:
29c78; graceful client keep-alive-probing note client time-wait-owner info client: 29c74; graceful client
syn-retransmission note client syn-lost-downstream note path half-close info client time-wait-owner info client
time-wait-reuse info client: 18ce53wwcsw; graceful client syn-retransmission note client syn-lost-downstream note path
half-close info client time-wait-owner info client time-wait-reuse info server: 1uil7nu7vf4; graceful client
syn-retransmission note client syn-lost-downstream note path half-close info client time-wait-owner info client: 29bkg
m672jzku6o; graceful client syn-retransmission note client syn-lost-downstream note path keep-alive-probing note client
teardown-w1-lost note path fin-retransmission note client time-wait-owner info client: p0756mn5s; graceful client
syn-retransmission note client syn-lost-downstream note path keep-alive-probing note client teardown-w3-lost note path
fin-retransmission note server time-wait-owner info client: 1fjle6t48w; graceful client syn-retransmission note client
syn-lost-downstream note path keep-alive-probing note client teardown-w4-lost note path fin-retransmission note server
time-wait-owner info client: 1ebqxgp800; graceful client syn-retransmission note client syn-lost-downstream note path
keep-alive-probing note client time-wait-owner info client: 29ccg; graceful client syn-retransmission note client
syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note client half-close info client
time-wait-owner info client time-wait-reuse info client: 19k3tgtbveo; graceful client syn-retransmission note client
syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note client half-close info client
time-wait-owner info client time-wait-reuse info server: 1vqaw0qne0w; graceful client syn-retransmission note client
syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note client half-close info client
time-wait-owner info client: 17pocyou68; graceful client syn-retransmission note client syn-lost-downstream note path
teardown-w1-lost note path fin-retransmission note client time-wait-owner info client time-wait-reuse info client:
191ec919mtc; graceful client syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path
fin-retransmission note client time-wait-owner info client time-wait-reuse info server: 1v7lesyl5fk; graceful client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note client
time-wait-owner info client: p0756mlkw mv79p3y474; graceful client syn-retransmission note client syn-lost-downstream
note path teardown-w1-lost note path teardown-w3-lost note path fin-retransmission note client half-close info client
time-wait-owner info client time-wait-reuse info client: 18wrq32utvk; graceful client syn-retransmission note client
syn-lost-downstream note path teardown-w1-lost note path teardown-w3-lost note path fin-retransmission note client
half-close info client time-wait-owner info client time-wait-reuse info server: 1v2ysn06chs; graceful client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path teardown-w3-lost note path
fin-retransmission note client half-close info client time-wait-owner info client: kdkz87sn4; graceful client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path teardown-w3-lost note path
fin-retransmission note client time-wait-owner info client time-wait-reuse info client: 18e28vasla8; graceful client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path teardown-w3-lost note path
fin-retransmission note client time-wait-owner info client time-wait-reuse info server: 1uk9bf843wg; graceful client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path teardown-w3-lost note path
fin-retransmission note client time-wait-owner info client: 1o3rg5k1s m7v6bdh2o0; graceful client syn-retransmission
note client syn-lost-downstream note path teardown-w1-lost note path teardown-w4-lost note path fin-retransmission note
client half-close info client time-wait-owner info client time-wait-reuse info client: 18vjvmcqxmo; graceful client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path teardown-w4-lost note path
fin-retransmission note client half-close info client time-wait-owner info client: j5qii3we8; graceful client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path teardown-w4-lost note path
fin-retransmission note client time-wait-owner info client time-wait-reuse info client: 18cueekop1c; graceful client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path teardown-w4-lost note path
fin-retransmission note client time-wait-owner info client time-wait-reuse info server: 1uj1gyi07nk; graceful client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path teardown-w4-lost note path
fin-retransmission note client time-wait-owner info client: g9aq1nsw m6nbund6f4; graceful client syn-retransmission
note client syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note client half-close info
client time-wait-owner info client time-wait-reuse info client: 19k3h4vdj28; graceful client syn-retransmission note
client syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note client half-close info client
time-wait-owner info client time-wait-reuse info server: 1vqajosp1og; graceful client syn-retransmission note client
syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note client half-close info client
time-wait-owner info client: 17pc10qhts ndweky20g0; graceful client syn-retransmission note client syn-lost-downstream
note path teardown-w2-lost note path fin-retransmission note client time-wait-owner info client time-wait-reuse info
client: 191dzx3bagw; graceful client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note
path fin-retransmission note client time-wait-owner info client time-wait-reuse info server: 1v7l2h0mt34; graceful
client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note
client time-wait-owner info client: ozut8o98g mv6xd5zruo; graceful client syn-retransmission note client
syn-lost-downstream note path teardown-w2-lost note path teardown-w3-lost note path fin-retransmission note client
half-close info client time-wait-owner info client time-wait-reuse info client: 18wrdr4whj4; graceful client
syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path teardown-w3-lost note path
fin-retransmission note client half-close info client time-wait-owner info client time-wait-reuse info server:
1v2ygb2805c; graceful client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path
teardown-w3-lost note path fin-retransmission note client half-close info client time-wait-owner info client: kd8na9gao
mqkb77kyww; graceful client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path
teardown-w3-lost note path fin-retransmission note client time-wait-owner info client time-wait-reuse info client:
18e1wjcu8xs; graceful client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path
teardown-w3-lost note path fin-retransmission note client time-wait-owner info client time-wait-reuse info server:
1uk8z3a5rk0; graceful client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path
teardown-w3-lost note path fin-retransmission note client time-wait-owner info client: 1nrfi77pc m7utzfiqbk; graceful
client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path teardown-w4-lost note
path fin-retransmission note client half-close info client time-wait-owner info client time-wait-reuse info client:
18vjjaesla8; graceful client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path
teardown-w4-lost note path fin-retransmission note client half-close info client time-wait-owner info client
time-wait-reuse info server: 1v1qluc43wg; graceful client syn-retransmission note client syn-lost-downstream note path
teardown-w2-lost note path teardown-w4-lost note path fin-retransmission note client half-close info client
time-wait-owner info client: j5e6k5k1s mpcgqhh2o0; graceful client syn-retransmission note client syn-lost-downstream
note path teardown-w2-lost note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info
client time-wait-reuse info client: 18cu22mqcow; graceful client syn-retransmission note client syn-lost-downstream
note path teardown-w2-lost note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info
client time-wait-reuse info server: 1uj14mk1vb4; graceful client syn-retransmission note client syn-lost-downstream
note path teardown-w2-lost note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info
client: fwys3bgg m6mzipeu2o; graceful client syn-retransmission note client syn-lost-downstream note path
teardown-w3-lost note path fin-retransmission note server half-close info client time-wait-owner info client
time-wait-reuse info client: 1aan7ptidao; graceful client syn-retransmission note client syn-lost-downstream note path
teardown-w3-lost note path fin-retransmission note server half-close info client time-wait-owner info client
time-wait-reuse info server: 1wgua9qtvww; graceful client syn-retransmission note client syn-lost-downstream note path
teardown-w3-lost note path fin-retransmission note server half-close info client time-wait-owner info client:
1y92lyvc28 o4g55w6uog; graceful client syn-retransmission note client syn-lost-downstream note path teardown-w3-lost
note path fin-retransmission note server time-wait-owner info client time-wait-reuse info client: 19rxqi1g3wg; graceful
client syn-retransmission note client syn-lost-downstream note path teardown-w3-lost note path fin-retransmission note
server time-wait-owner info client time-wait-reuse info server: 1vy4t1yrmio; graceful client syn-retransmission note
client syn-lost-downstream note path teardown-w3-lost note path fin-retransmission note server time-wait-owner info
client: 1fjle6t2o0 nlqny44la8; graceful client syn-retransmission note client syn-lost-downstream note path
teardown-w4-lost note path fin-retransmission note server half-close info client time-wait-owner info client
time-wait-reuse info client: 1a9fd93eh1s; graceful client syn-retransmission note client syn-lost-downstream note path
teardown-w4-lost note path fin-retransmission note server half-close info client time-wait-owner info client
time-wait-reuse info server: 1wfmft0pzo0; graceful client syn-retransmission note client syn-lost-downstream note path
teardown-w4-lost note path fin-retransmission note server half-close info client time-wait-owner info client:
1x1858rftc o38ap62yfk; graceful client syn-retransmission note client syn-lost-downstream note path teardown-w4-lost
note path fin-retransmission note server time-wait-owner info client time-wait-reuse info client: 19qpw1bc7nk; graceful
client syn-retransmission note client syn-lost-downstream note path teardown-w4-lost note path fin-retransmission note
server time-wait-owner info client time-wait-reuse info server: 1vwwyl8nq9s; graceful client syn-retransmission note
client syn-lost-downstream note path teardown-w4-lost note path fin-retransmission note server time-wait-owner info
client: 1ebqxgp6f4 nkithe0p1c; graceful client syn-retransmission note client syn-lost-downstream note path
time-wait-owner info client time-wait-reuse info client: 18ce53wwc00; graceful client syn-retransmission note client
syn-lost-downstream note path time-wait-owner info client time-wait-reuse info server: 1uil7nu7um8; graceful client
syn-retransmission note client syn-lost-downstream note path time-wait-owner info client: 29ark m672jzktds; graceful
client syn-retransmission note client time-wait-owner info client: 29ao0; graceful client teardown-w1-lost note path
fin-retransmission note client half-close info client time-wait-owner info client time-wait-reuse info client:
19k3tgtbv9c; graceful client teardown-w1-lost note path fin-retransmission note client half-close info client
time-wait-owner info client time-wait-reuse info server: 1vqaw0qndvk; graceful client teardown-w1-lost note path
fin-retransmission note client half-close info client time-wait-owner info client: 17pocyou0w ndwqww0cn4; graceful
client teardown-w1-lost note path fin-retransmission note client time-wait-owner info client time-wait-reuse info
client: 191ec919mo0; graceful client teardown-w1-lost note path fin-retransmission note client time-wait-owner info
client time-wait-reuse info server: 1v7lesyl5a8; graceful client teardown-w1-lost note path fin-retransmission note
client time-wait-owner info client: p0756mlfk mv79p3y41s; graceful client teardown-w1-lost note path teardown-w3-lost
note path fin-retransmission note client half-close info client time-wait-owner info client time-wait-reuse info
client: 18wrq32utq8; graceful client teardown-w1-lost note path teardown-w3-lost note path fin-retransmission note
client half-close info client time-wait-owner info client: kdkz87shs mqknj5jb40; graceful client teardown-w1-lost note
path teardown-w3-lost note path fin-retransmission note client time-wait-owner info client time-wait-reuse info client:
18e28vasl4w; graceful client teardown-w1-lost note path teardown-w3-lost note path fin-retransmission note client
time-wait-owner info client time-wait-reuse info server: 1uk9bf843r4; graceful client teardown-w1-lost note path
teardown-w3-lost note path fin-retransmission note client time-wait-owner info client: 1o3rg5jwg m7v6bdh2io; graceful
client teardown-w1-lost note path teardown-w4-lost note path fin-retransmission note client half-close info client
time-wait-owner info client time-wait-reuse info client: 18vjvmcqxhc; graceful client teardown-w1-lost note path
teardown-w4-lost note path fin-retransmission note client half-close info client time-wait-owner info client
time-wait-reuse info server: 1v1qy6a2g3k; graceful client teardown-w1-lost note path teardown-w4-lost note path
fin-retransmission note client half-close info client time-wait-owner info client: j5qii3w8w; graceful client
teardown-w1-lost note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info client
time-wait-reuse info client: 18cueekoow0; graceful client teardown-w1-lost note path teardown-w4-lost note path
fin-retransmission note client time-wait-owner info client time-wait-reuse info server: 1uj1gyi07i8; graceful client
teardown-w1-lost note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info client:
g9aq1nnk m6nbund69s; graceful client teardown-w2-lost note path fin-retransmission note client half-close info client
time-wait-owner info client time-wait-reuse info client: 19k3h4vdiww; graceful client teardown-w2-lost note path
fin-retransmission note client half-close info client time-wait-owner info client time-wait-reuse info server:
1vqajosp1j4; graceful client teardown-w2-lost note path fin-retransmission note client half-close info client
time-wait-owner info client: 17pc10qhog ndweky20ao; graceful client teardown-w2-lost note path fin-retransmission note
client time-wait-owner info client time-wait-reuse info client: 191dzx3babk; graceful client teardown-w2-lost note path
fin-retransmission note client time-wait-owner info client time-wait-reuse info server: 1v7l2h0msxs; graceful client
teardown-w2-lost note path fin-retransmission note client time-wait-owner info client: ozut8o934 mv6xd5zrpc; graceful
client teardown-w2-lost note path teardown-w3-lost note path fin-retransmission note client half-close info client
time-wait-owner info client time-wait-reuse info client: 18wrdr4whds; graceful client teardown-w2-lost note path
teardown-w3-lost note path fin-retransmission note client half-close info client time-wait-owner info client:
kd8na9g5c; graceful client teardown-w2-lost note path teardown-w3-lost note path fin-retransmission note client
time-wait-owner info client time-wait-reuse info client: 18e1wjcu8sg; graceful client teardown-w2-lost note path
teardown-w3-lost note path fin-retransmission note client time-wait-owner info client time-wait-reuse info server:
1uk8z3a5reo; graceful client teardown-w2-lost note path teardown-w3-lost note path fin-retransmission note client
time-wait-owner info client: 1nrfi77k0 m7utzfiq68; graceful client teardown-w2-lost note path teardown-w4-lost note
path fin-retransmission note client half-close info client time-wait-owner info client time-wait-reuse info client:
18vjjaesl4w; graceful client teardown-w2-lost note path teardown-w4-lost note path fin-retransmission note client
half-close info client time-wait-owner info client time-wait-reuse info server: 1v1qluc43r4; graceful client
teardown-w2-lost note path teardown-w4-lost note path fin-retransmission note client half-close info client
time-wait-owner info client: j5e6k5jwg; graceful client teardown-w2-lost note path teardown-w4-lost note path
fin-retransmission note client time-wait-owner info client time-wait-reuse info client: 18cu22mqcjk; graceful client
teardown-w2-lost note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info client
time-wait-reuse info server: 1uj14mk1v5s; graceful client teardown-w2-lost note path teardown-w4-lost note path
fin-retransmission note client time-wait-owner info client: fwys3bb4 m6mzipetxc; graceful client teardown-w3-lost note
path fin-retransmission note server half-close info client time-wait-owner info client time-wait-reuse info client:
1aan7ptid5c; graceful client teardown-w3-lost note path fin-retransmission note server half-close info client
time-wait-owner info client time-wait-reuse info server: 1wgua9qtvrk; graceful client teardown-w3-lost note path
fin-retransmission note server half-close info client time-wait-owner info client: 1y92lyvbww o4g55w6uj4; graceful
client teardown-w3-lost note path fin-retransmission note server time-wait-owner info client time-wait-reuse info
client: 19rxqi1g3r4; graceful client teardown-w3-lost note path fin-retransmission note server time-wait-owner info
client time-wait-reuse info server: 1vy4t1yrmdc; graceful client teardown-w3-lost note path fin-retransmission note
server time-wait-owner info client: 1fjle6t2io nlqny44l4w; graceful client teardown-w4-lost note path
fin-retransmission note server half-close info client time-wait-owner info client time-wait-reuse info client:
1a9fd93egwg; graceful client teardown-w4-lost note path fin-retransmission note server half-close info client
time-wait-owner info client time-wait-reuse info server: 1wfmft0pzio; graceful client teardown-w4-lost note path
fin-retransmission note server half-close info client time-wait-owner info client: 1x1858rfo0 o38ap62ya8; graceful
client teardown-w4-lost note path fin-retransmission note server time-wait-owner info client time-wait-reuse info
client: 19qpw1bc7i8; graceful client teardown-w4-lost note path fin-retransmission note server time-wait-owner info
client time-wait-reuse info server: 1vwwyl8nq4g; graceful client teardown-w4-lost note path fin-retransmission note
server time-wait-owner info client: 1ebqxgp69s nkithe0ow0; graceful client time-wait-owner info client midstream-start
note capture: 29amc; graceful client time-wait-owner info client time-wait-reuse info client: 18ce53wwbuo; graceful
client time-wait-owner info client time-wait-reuse info server: 1uil7nu7ugw; graceful client time-wait-owner info
client: 29am8 m672jzkt8g; graceful server syn-retransmission note client syn-lost-downstream note path teardown-w1-lost
note path fin-retransmission note server time-wait-owner info server time-wait-reuse info client: 191ec919mte; graceful
server syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note
server time-wait-owner info server time-wait-reuse info server: 1v7lesyl5fm; graceful server syn-retransmission note
client syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note server time-wait-owner info
server: p0756mlky mv79p3y476; graceful server syn-retransmission note client syn-lost-downstream note path
teardown-w1-lost note path teardown-w3-lost note path fin-retransmission note client time-wait-owner info server
time-wait-reuse info client: 18e28vaslaa; graceful server syn-retransmission note client syn-lost-downstream note path
teardown-w1-lost note path teardown-w3-lost note path fin-retransmission note client time-wait-owner info server
time-wait-reuse info server: 1uk9bf843wi; graceful server syn-retransmission note client syn-lost-downstream note path
teardown-w1-lost note path teardown-w3-lost note path fin-retransmission note client time-wait-owner info server:
1o3rg5k1u m7v6bdh2o2; graceful server syn-retransmission note client syn-lost-downstream note path teardown-w1-lost
note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info server time-wait-reuse info
client: 18cueekop1e; graceful server syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note
path teardown-w4-lost note path fin-retransmission note client time-wait-owner info server time-wait-reuse info server:
1uj1gyi07nm; graceful server syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path
teardown-w4-lost note path fin-retransmission note client time-wait-owner info server: g9aq1nsy m6nbund6f6; graceful
server syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note
server time-wait-owner info server time-wait-reuse info client: 191dzx3bagy; graceful server syn-retransmission note
client syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note server time-wait-owner info
server time-wait-reuse info server: 1v7l2h0mt36; graceful server syn-retransmission note client syn-lost-downstream
note path teardown-w2-lost note path fin-retransmission note server time-wait-owner info server: ozut8o98i mv6xd5zruq;
graceful server syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path
teardown-w3-lost note path fin-retransmission note client time-wait-owner info server time-wait-reuse info client:
18e1wjcu8xu; graceful server syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path
teardown-w3-lost note path fin-retransmission note client time-wait-owner info server time-wait-reuse info server:
1uk8z3a5rk2; graceful server syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path
teardown-w3-lost note path fin-retransmission note client time-wait-owner info server: 1nrfi77pe m7utzfiqbm; graceful
server syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path teardown-w4-lost note
path fin-retransmission note client time-wait-owner info server time-wait-reuse info client: 18cu22mqcoy; graceful
server syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path teardown-w4-lost note
path fin-retransmission note client time-wait-owner info server time-wait-reuse info server: 1uj14mk1vb6; graceful
server syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path teardown-w4-lost note
path fin-retransmission note client time-wait-owner info server: fwys3bgi m6mzipeu2q; graceful server
syn-retransmission note client syn-lost-downstream note path teardown-w3-lost note path fin-retransmission note client
time-wait-owner info server time-wait-reuse info client: 19rxqi1g3wi; graceful server syn-retransmission note client
syn-lost-downstream note path teardown-w3-lost note path fin-retransmission note client time-wait-owner info server
time-wait-reuse info server: 1vy4t1yrmiq; graceful server syn-retransmission note client syn-lost-downstream note path
teardown-w3-lost note path fin-retransmission note client time-wait-owner info server: 1fjle6t2o2 nlqny44laa; graceful
server syn-retransmission note client syn-lost-downstream note path teardown-w4-lost note path fin-retransmission note
client time-wait-owner info server time-wait-reuse info client: 19qpw1bc7nm; graceful server syn-retransmission note
client syn-lost-downstream note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info
server time-wait-reuse info server: 1vwwyl8nq9u; graceful server syn-retransmission note client syn-lost-downstream
note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info server: 1ebqxgp6f6 nkithe0p1e;
graceful server syn-retransmission note client syn-lost-downstream note path time-wait-owner info server
time-wait-reuse info client: 18ce53wwc02; graceful server syn-retransmission note client syn-lost-downstream note path
time-wait-owner info server time-wait-reuse info server: 1uil7nu7uma; graceful server syn-retransmission note client
syn-lost-downstream note path time-wait-owner info server: 29arm m672jzktdu; graceful server teardown-w1-lost note path
fin-retransmission note server time-wait-owner info server time-wait-reuse info client: 191ec919mo2; graceful server
teardown-w1-lost note path fin-retransmission note server time-wait-owner info server time-wait-reuse info server:
1v7lesyl5aa; graceful server teardown-w1-lost note path fin-retransmission note server time-wait-owner info server:
p0756mlfm mv79p3y41u; graceful server teardown-w1-lost note path teardown-w3-lost note path fin-retransmission note
client time-wait-owner info server time-wait-reuse info client: 18e28vasl4y; graceful server teardown-w1-lost note path
teardown-w3-lost note path fin-retransmission note client time-wait-owner info server time-wait-reuse info server:
1uk9bf843r6; graceful server teardown-w1-lost note path teardown-w3-lost note path fin-retransmission note client
time-wait-owner info server: 1o3rg5jwi m7v6bdh2iq; graceful server teardown-w1-lost note path teardown-w4-lost note
path fin-retransmission note client time-wait-owner info server time-wait-reuse info client: 18cueekoow2; graceful
server teardown-w1-lost note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info server
time-wait-reuse info server: 1uj1gyi07ia; graceful server teardown-w1-lost note path teardown-w4-lost note path
fin-retransmission note client time-wait-owner info server: g9aq1nnm m6nbund69u; graceful server teardown-w2-lost note
path fin-retransmission note server time-wait-owner info server time-wait-reuse info client: 191dzx3babm; graceful
server teardown-w2-lost note path fin-retransmission note server time-wait-owner info server time-wait-reuse info
server: 1v7l2h0msxu; graceful server teardown-w2-lost note path fin-retransmission note server time-wait-owner info
server: ozut8o936 mv6xd5zrpe; graceful server teardown-w2-lost note path teardown-w3-lost note path fin-retransmission
note client time-wait-owner info server time-wait-reuse info client: 18e1wjcu8si; graceful server teardown-w2-lost note
path teardown-w3-lost note path fin-retransmission note client time-wait-owner info server time-wait-reuse info server:
1uk8z3a5req; graceful server teardown-w2-lost note path teardown-w3-lost note path fin-retransmission note client
time-wait-owner info server: 1nrfi77k2 m7utzfiq6a; graceful server teardown-w2-lost note path teardown-w4-lost note
path fin-retransmission note client time-wait-owner info server time-wait-reuse info client: 18cu22mqcjm; graceful
server teardown-w2-lost note path teardown-w4-lost note path fin-retransmission note client time-wait-owner info server
time-wait-reuse info server: 1uj14mk1v5u; graceful server teardown-w2-lost note path teardown-w4-lost note path
fin-retransmission note client time-wait-owner info server: fwys3bb6 m6mzipetxe; graceful server teardown-w3-lost note
path fin-retransmission note client time-wait-owner info server time-wait-reuse info client: 19rxqi1g3r6; graceful
server teardown-w3-lost note path fin-retransmission note client time-wait-owner info server time-wait-reuse info
server: 1vy4t1yrmde; graceful server teardown-w3-lost note path fin-retransmission note client time-wait-owner info
server: 1fjle6t2iq nlqny44l4y; graceful server teardown-w4-lost note path fin-retransmission note client
time-wait-owner info server time-wait-reuse info client: 19qpw1bc7ia; graceful server teardown-w4-lost note path
fin-retransmission note client time-wait-owner info server time-wait-reuse info server: 1vwwyl8nq4i; graceful server
teardown-w4-lost note path fin-retransmission note client time-wait-owner info server: 1ebqxgp69u nkithe0ow2; graceful
server time-wait-owner info server time-wait-reuse info client: 18ce53wwbuq; graceful server time-wait-owner info
server time-wait-reuse info server: 1uil7nu7ugy; graceful server time-wait-owner info server: 29ama m672jzkt8i;
half-closed client close-wait-lingering warning server time-wait-reuse info client: 18ce540mtq8; half-closed client
close-wait-lingering warning server time-wait-reuse info server: 1uil7nxyccg; half-closed client close-wait-lingering
warning server: 5zshs m672k3bb40; half-closed client syn-retransmission note client syn-lost-downstream note path
close-wait-lingering warning server time-wait-reuse info client: 18ce540mtvk; half-closed client syn-retransmission
note client syn-lost-downstream note path close-wait-lingering warning server time-wait-reuse info server: 1uil7nxychs;
half-closed client syn-retransmission note client syn-lost-downstream note path close-wait-lingering warning server:
5zsn4 m672k3bb9c; half-closed client syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note
path fin-retransmission note client close-wait-lingering warning server time-wait-reuse info client: 1ekwcpx1dq8;
half-closed client syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path
fin-retransmission note client close-wait-lingering warning server time-wait-reuse info server: 20r3f9ucwcg;
half-closed client syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path
fin-retransmission note client close-wait-lingering warning server: 68i7m2echs; half-closed client syn-retransmission
note client syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note client time-wait-reuse
info client: 1pnzvzvp51c; half-closed client syn-retransmission note client syn-lost-downstream note path
teardown-w1-lost note path fin-retransmission note client time-wait-reuse info server: 2bu6yjt0nnk; half-closed client
syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note client:
hblqw123sw 13hstfydmf4; half-closed client syn-retransmission note client syn-lost-downstream note path
teardown-w2-lost note path fin-retransmission note client close-wait-lingering warning server time-wait-reuse info
client: 1ekw0dz31ds; half-closed client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost
note path fin-retransmission note client close-wait-lingering warning server: 68hva4g05c; half-closed client
syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note client
time-wait-reuse info client: 1pnzjnxqsow; half-closed client syn-retransmission note client syn-lost-downstream note
path teardown-w2-lost note path fin-retransmission note client time-wait-reuse info server: 2bu6m7v2bb4; half-closed
client syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note
client: hblek33rgg 13hsh40fa2o; half-closed client syn-retransmission note client syn-lost-downstream note path
time-wait-reuse info client: 18ce54amf9c; half-closed client syn-retransmission note client syn-lost-downstream note
path time-wait-reuse info server: 1uil7o7xxvk; half-closed client syn-retransmission note client syn-lost-downstream
note path: fze0w m672kdawn4; half-closed client teardown-w1-lost note path fin-retransmission note client
close-wait-lingering warning server time-wait-reuse info client: 1ekwcpx1dkw; half-closed client teardown-w1-lost note
path fin-retransmission note client close-wait-lingering warning server time-wait-reuse info server: 20r3f9ucw74;
half-closed client teardown-w1-lost note path fin-retransmission note client close-wait-lingering warning server:
68i7m2eccg sepa5zpuyo; half-closed client teardown-w1-lost note path fin-retransmission note client time-wait-reuse
info client: 1pnzvzvp4w0; half-closed client teardown-w1-lost note path fin-retransmission note client time-wait-reuse
info server: 2bu6yjt0ni8; half-closed client teardown-w1-lost note path fin-retransmission note client: hblqw123nk
13hstfydm9s; half-closed client teardown-w2-lost note path fin-retransmission note client close-wait-lingering warning
server time-wait-reuse info client: 1ekw0dz318g; half-closed client teardown-w2-lost note path fin-retransmission note
client close-wait-lingering warning server time-wait-reuse info server: 20r32xwejuo; half-closed client
teardown-w2-lost note path fin-retransmission note client close-wait-lingering warning server: 68hva4g000 seoxu1rim8;
half-closed client teardown-w2-lost note path fin-retransmission note client time-wait-reuse info client: 1pnzjnxqsjk;
half-closed client teardown-w2-lost note path fin-retransmission note client time-wait-reuse info server: 2bu6m7v2b5s;
half-closed client teardown-w2-lost note path fin-retransmission note client: hblek33rb4 13hsh40f9xc; half-closed
client time-wait-reuse info client: 18ce54amf40; half-closed client time-wait-reuse info server: 1uil7o7xxq8;
half-closed client: fzdvk m672kdawhs; half-closed server close-wait-lingering warning client time-wait-reuse info
client: 18ce540n01u; half-closed server close-wait-lingering warning client time-wait-reuse info server: 1uil7nxyio2;
half-closed server close-wait-lingering warning client: 5zyte; half-closed server syn-retransmission note client
syn-lost-downstream note path close-wait-lingering warning client time-wait-reuse info client: 18ce540n076; half-closed
server syn-retransmission note client syn-lost-downstream note path close-wait-lingering warning client time-wait-reuse
info server: 1uil7nxyite; half-closed server syn-retransmission note client syn-lost-downstream note path
close-wait-lingering warning client: 5zyyq; half-closed server syn-retransmission note client syn-lost-downstream note
path teardown-w1-lost note path fin-retransmission note server time-wait-reuse info client: 1pnzvzvp51e; half-closed
server syn-retransmission note client syn-lost-downstream note path teardown-w1-lost note path fin-retransmission note
server: hblqw123sy; half-closed server syn-retransmission note client syn-lost-downstream note path teardown-w2-lost
note path fin-retransmission note server close-wait-lingering warning client: 68hva4g05e seoxu1rirm; half-closed server
syn-retransmission note client syn-lost-downstream note path teardown-w2-lost note path fin-retransmission note server
time-wait-reuse info server: 2bu6m7v2bb6; half-closed server syn-retransmission note client syn-lost-downstream note
path teardown-w2-lost note path fin-retransmission note server: hblek33rgi; half-closed server syn-retransmission note
client syn-lost-downstream note path time-wait-reuse info client: 18ce54amlky; half-closed server syn-retransmission
note client syn-lost-downstream note path time-wait-reuse info server: 1uil7o7y476; half-closed server
syn-retransmission note client syn-lost-downstream note path: fzkci m672kdb2yq; half-closed server teardown-w1-lost
note path fin-retransmission note server close-wait-lingering warning client time-wait-reuse info client: 1ekwcpx1dky;
half-closed server teardown-w1-lost note path fin-retransmission note server close-wait-lingering warning client
time-wait-reuse info server: 20r3f9ucw76; half-closed server teardown-w1-lost note path fin-retransmission note server
close-wait-lingering warning client: 68i7m2ecci; half-closed server teardown-w1-lost note path fin-retransmission note
server time-wait-reuse info client: 1pnzvzvp4w2; half-closed server teardown-w1-lost note path fin-retransmission note
server time-wait-reuse info server: 2bu6yjt0nia; half-closed server teardown-w1-lost note path fin-retransmission note
server: hblqw123nm 13hstfydm9u; half-closed server teardown-w2-lost note path fin-retransmission note server
close-wait-lingering warning client time-wait-reuse info client: 1ekw0dz318i; half-closed server teardown-w2-lost note
path fin-retransmission note server close-wait-lingering warning client: 68hva4g002; half-closed server
teardown-w2-lost note path fin-retransmission note server time-wait-reuse info client: 1pnzjnxqsjm; half-closed server
teardown-w2-lost note path fin-retransmission note server time-wait-reuse info server: 2bu6m7v2b5u; half-closed server
teardown-w2-lost note path fin-retransmission note server: hblek33rb6 13hsh40f9xe; half-closed server time-wait-reuse
info client: 18ce54amlfm; half-closed server time-wait-reuse info server: 1uil7o7y41u; half-closed server: fzk76
m672kdb2te; handshake-incomplete nobody syn-ack-retransmission warning path syn-ack-give-up warning server
time-wait-reuse info client: 18ce54f8p34; handshake-incomplete nobody syn-ack-retransmission warning path
syn-ack-give-up warning server time-wait-reuse info server: 1uil7ock7pc; handshake-incomplete nobody
syn-ack-retransmission warning path syn-ack-give-up warning server: klnuo m672khx6gw; handshake-incomplete nobody
syn-ack-retransmission warning path time-wait-reuse info client: 18ce54593pc; handshake-incomplete nobody
syn-ack-retransmission warning path time-wait-reuse info server: 1uil7o2kmbk; handshake-incomplete nobody
syn-ack-retransmission warning path: am2gw flv5s m672k7xl34; handshake-incomplete nobody time-wait-reuse info client:
18ce5409b0g; handshake-incomplete nobody time-wait-reuse info server: 1uil7nxktmo; handshake-incomplete nobody: 5m9s0
m672k2xse8; open nobody keep-alive-probing note client midstream-start note capture: zv2c; open nobody
keep-alive-probing note client: zv28; open nobody midstream-start note capture: zthg; open nobody syn-retransmission
note client syn-lost-downstream note path keep-alive-probing note client: zv7k; open nobody syn-retransmission note
client syn-lost-downstream note path time-wait-reuse info client: 18ce53vmuv4; open nobody syn-retransmission note
client syn-lost-downstream note path time-wait-reuse info server: 1uil7nsydhc; open nobody syn-retransmission note
client syn-lost-downstream note path: ztmo m672jybc8w; open nobody time-wait-reuse info client: 18ce53vmups; open
nobody time-wait-reuse info server: 1uil7nsydc0; open nobody: zthc m672jybc3k; partial nobody one-way note capture:
1w4jk m672jz7n5s; refused nobody connection-refused error server time-wait-reuse info client: 18ce53xreo0; refused
nobody connection-refused error server: 34dfk m672k0fw1s 1uil7nv2xa8; reset client abortive-close warning client
time-wait-reuse info client: 18ce53xi9z4; reset client abortive-close warning client time-wait-reuse info server:
1uil7nutslc; reset client abortive-close warning client: 2v8qo m672k06rcw; reset client data-after-close-reset error
client time-wait-reuse info client: 18ce53xigb4; reset client data-after-close-reset error client time-wait-reuse info
server: 1uil7nutyxc; reset client data-after-close-reset error client: 2vf2o m672k06xow; reset client
syn-retransmission note client syn-lost-downstream note path abortive-close warning client time-wait-reuse info client:
18ce53xia4g; reset client syn-retransmission note client syn-lost-downstream note path abortive-close warning client
time-wait-reuse info server: 1uil7nutsqo; reset client syn-retransmission note client syn-lost-downstream note path
abortive-close warning client: 2v8w0 m672k06ri8; reset client syn-retransmission note client syn-lost-downstream note
path data-after-close-reset error client time-wait-reuse info client: 18ce53xiggg; reset client syn-retransmission note
client syn-lost-downstream note path data-after-close-reset error client time-wait-reuse info server: 1uil7nutz2o;
reset client syn-retransmission note client syn-lost-downstream note path data-after-close-reset error client: 2vf80
m672k06xu8; reset server abortive-close warning server time-wait-reuse info client: 18ce53xi9z6; reset server
abortive-close warning server time-wait-reuse info server: 1uil7nutsle; reset server abortive-close warning server:
2v8qq m672k06rcy; reset server listener-closed-unaccepted warning server: 2tu6a; reset server syn-retransmission note
client syn-lost-downstream note path abortive-close warning server time-wait-reuse info client: 18ce53xia4i; reset
server syn-retransmission note client syn-lost-downstream note path abortive-close warning server time-wait-reuse info
server: 1uil7nutsqq; reset server syn-retransmission note client syn-lost-downstream note path abortive-close warning
server: 2v8w2 m672k06ria; unanswered nobody syn-unanswered error path syn-retransmission note client: b8lc m672jxmr7k;
unanswered nobody syn-unanswered error path: b8jk m672jxmr5s
`;
