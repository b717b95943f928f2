(** Global minima by means of targets, and derivatives that are not 0. *)

From Coq Require Import List ZArith QArith Qabs Qreduction Lia Lqa Setoid.
From ExactCNN Require Import Numbers Networks Polynomials Losses Minima.
Import ListNotations.
Local Open Scope Q_scope.
Local Arguments Qred : simpl never.
Local Arguments Qabs : simpl never.

(** No rational parameters of the same layers have a smaller loss. *)
Definition is_global_minimum (point : network_over_Q) (samples targets : list (list Q)) : Prop :=
  forall other : network_over_Q, map fst other = map fst point ->
  rational_loss point samples targets <= rational_loss other samples targets.

(** The same layers have as many outputs, whatever their parameters. *)
Lemma length_of_layer (l : layer) (p q : parameters rationals) (x y : list Q) : length x = length y ->
  length (evaluate_layer rationals apply_rational greatest_rational (l, p) x) =
  length (evaluate_layer rationals apply_rational greatest_rational (l, q) y).
Proof.
  intro E. unfold evaluate_layer. cbn [fst snd]. destruct l; rewrite ?map_length; auto.
  unfold pre_activations. induction (combine (seq 0 (length patches)) patches) as [| [h patch] l IH]; [reflexivity |].
  cbn [map concat]. rewrite !app_length, IH, !map_length. reflexivity.
Qed.

Lemma length_of_outputs (point other : network_over_Q) (x : list Q) : map fst other = map fst point ->
  length (outputs other x) = length (outputs point x).
Proof.
  unfold outputs, evaluate. intro E. assert (L : length x = length x) by reflexivity. revert L.
  generalize x at 2 4. generalize x. revert other E. induction point as [| [l p] point IH]; intros [| [l' q] other] E y z L;
    try discriminate E; [exact L |].
  injection E as -> E. cbn [fold_left]. apply (IH other E). apply length_of_layer. exact L.
Qed.

(** Sums, and sums of products of two lists as far as both go. *)
Definition sum (l : list Q) : Q := fold_right Qplus 0 l.

Lemma total_sum (l : list Q) : total rationals l == sum l.
Proof. induction l as [| x l IH]; [reflexivity |]. simpl. rewrite Qred_correct, IH. reflexivity. Qed.

Fixpoint pairing (h r : list Q) : Q :=
  match h, r with a :: h', b :: r' => a * b + pairing h' r' | _, _ => 0 end.

Lemma pairing_sum (h : list Q) (rows : list (list Q)) :
  (forall j, sum (map (fun r => nth j r 0) rows) == 0) -> sum (map (pairing h) rows) == 0.
Proof.
  revert rows. induction h as [| a h IH]; intros rows Z.
  - clear Z. induction rows as [| r rows IHr]; [reflexivity |]. simpl. rewrite IHr. ring.
  - assert (E : sum (map (pairing (a :: h)) rows) ==
      a * sum (map (fun r => nth 0 r 0) rows) + sum (map (pairing h) (map (@tl Q) rows))).
    { clear. induction rows as [| r rows IHr]; simpl; [ring |]. rewrite IHr. destruct r as [| b r]; simpl; [| ring].
      destruct h; simpl; ring. }
    rewrite E, (Z O), (IH (map (@tl Q) rows)); [ring |]. intro j. rewrite <- (Z (S j)). clear.
    induction rows as [| r rows IHr]; [reflexivity |]. simpl. rewrite IHr. destruct r; [destruct j |]; reflexivity.
Qed.

Definition difference (f y : list Q) : list Q := map (fun pair => Qred (fst pair - snd pair)) (combine f y).

(** |g - y|^2 is at least |f - y|^2 + 2 (g - f)(f - y). *)
Lemma squared_distance_bound (f g y : list Q) : length g = length f ->
  squared_distance rationals f y + 2 * pairing (difference g f) (difference f y) <= squared_distance rationals g y.
Proof.
  unfold squared_distance, difference. rewrite !total_sum. revert g y.
  induction f as [| a f IH]; intros [| b g] [| c y] L; try discriminate L; try (apply Qle_refl).
  injection L as L. specialize (IH g y L). simpl. rewrite !Qred_correct. pose proof (square_nonneg (b - a)). simpl in IH. lra.
Qed.

(** Samples that are the same numbers, written in the same way. *)
Fixpoint same_sample (a b : list Q) : bool :=
  match a, b with
  | [], [] => true
  | x :: a', y :: b' => Z.eqb (Qnum x) (Qnum y) && Pos.eqb (Qden x) (Qden y) && same_sample a' b'
  | _, _ => false
  end.

Lemma same_sample_iff (a b : list Q) : same_sample a b = true <-> a = b.
Proof.
  revert b. induction a as [| [n d] a IH]; intros [| [m e] b]; simpl; try (split; [discriminate | congruence]); [tauto |].
  rewrite !andb_true_iff, IH, Z.eqb_eq, Pos.eqb_eq. split; [intros [[-> ->] ->]; reflexivity | intro E; injection E; auto].
Qed.

(** Residuals with their samples, and those that belong to one sample. *)
Definition belongs (x : list Q) (pair : list Q * list Q) : bool := same_sample x (fst pair).

Lemma sum_by_samples (h : list Q -> list Q) (R : list (list Q * list Q)) :
  (forall x j, sum (map (fun r => nth j r 0) (map snd (filter (belongs x) R))) == 0) ->
  sum (map (fun pair => pairing (h (fst pair)) (snd pair)) R) == 0.
Proof.
  assert (G : forall n R, (length R <= n)%nat ->
    (forall x j, sum (map (fun r => nth j r 0) (map snd (filter (belongs x) R))) == 0) ->
    sum (map (fun pair => pairing (h (fst pair)) (snd pair)) R) == 0); [| apply (G (length R) R (le_n _))].
  clear R. induction n as [| n IH]; intros [| [x r] R] L Z; try reflexivity; [simpl in L; lia |].
  set (F := fun pair => pairing (h (fst pair)) (snd pair)). set (all := (x, r) :: R) in *.
  assert (S : forall l, sum (map F l) == sum (map F (filter (belongs x) l)) + sum (map F (filter (fun p => negb (belongs x p)) l))).
  { induction l as [| p l IHl]; [reflexivity |]. simpl. rewrite IHl. destruct (belongs x p); simpl; ring. }
  assert (A : sum (map F (filter (belongs x) all)) == 0).
  { rewrite <- (pairing_sum (h x) (map snd (filter (belongs x) all)) (Z x)). clear. induction all as [| p l IHl]; [reflexivity |].
    simpl. destruct (belongs x p) eqn:E; [| exact IHl]. simpl. rewrite IHl. apply same_sample_iff in E. subst x. reflexivity. }
  rewrite S, A. enough (B : sum (map F (filter (fun p => negb (belongs x p)) all)) == 0) by (rewrite B; reflexivity).
  apply IH.
  - unfold all. simpl. assert (E : belongs x (x, r) = true) by (apply same_sample_iff; reflexivity). rewrite E. simpl.
    simpl in L. clear - L. apply (Nat.le_trans _ (length R)); [| lia]. induction R as [| p R IHR]; simpl; [lia |].
    simpl in L. destruct (belongs x p); simpl; lia.
  - intros x' j. destruct (same_sample x' x) eqn:E.
    + apply same_sample_iff in E. subst x'. clear. induction all as [| p l IHl]; [reflexivity |].
      simpl. destruct (belongs x p) eqn:E; simpl; [| rewrite E]; exact IHl.
    + rewrite <- (Z x' j). clear - E. induction all as [| p l IHl]; [reflexivity |]. simpl. destruct (belongs x p) eqn:E'; simpl.
      * apply same_sample_iff in E'. unfold belongs. rewrite <- E', E. exact IHl.
      * destruct (belongs x' p); simpl; rewrite IHl; reflexivity.
Qed.

(** All sums of entries of the same place are 0. *)
Definition rows_cancel (rows : list (list Q)) : bool :=
  forallb (fun j => Qeq_bool (total rationals (map (fun r => nth j r 0) rows)) 0) (seq 0 (list_max (map (@length Q) rows))).

Lemma rows_cancel_correct (rows : list (list Q)) (j : nat) : rows_cancel rows = true ->
  sum (map (fun r => nth j r 0) rows) == 0.
Proof.
  intro H. unfold rows_cancel in H. rewrite forallb_forall in H.
  destruct (Nat.lt_ge_cases j (list_max (map (@length Q) rows))) as [J | J].
  - rewrite <- total_sum. apply Qeq_bool_iff. apply H, in_seq. lia.
  - clear H. apply list_max_le in J. induction rows as [| r rows IH]; [reflexivity |].
    inversion_clear J as [| ? ? R J']. simpl. rewrite (IH J'), nth_overflow by exact R. reflexivity.
Qed.

(** The test: residuals of equal samples sum to 0, so outputs are the mean of the targets of all samples equal to it. *)
Definition means_test (point : network_over_Q) (samples targets : list (list Q)) : bool :=
  let R := map (fun pair => (fst pair, difference (outputs point (fst pair)) (snd pair))) (combine samples targets) in
  forallb (fun pair => rows_cancel (map snd (filter (belongs (fst pair)) R))) R.

Theorem global_minimum_by_means point samples targets :
  means_test point samples targets = true -> is_global_minimum point samples targets.
Proof.
  intros H other E. unfold means_test in H. cbv zeta in H. set (R := map _ (combine samples targets)) in H.
  rewrite forallb_forall in H.
  assert (Z : sum (map (fun pair => pairing (difference (outputs other (fst pair)) (outputs point (fst pair))) (snd pair)) R) == 0).
  { apply (sum_by_samples (fun x => difference (outputs other x) (outputs point x))). intros x j.
    destruct (filter (belongs x) R) as [| p l] eqn:F; [reflexivity |]. rewrite <- F.
    assert (I : In p (filter (belongs x) R)) by (rewrite F; left; reflexivity). apply filter_In in I. destruct I as [I B].
    apply same_sample_iff in B. subst x. apply rows_cancel_correct. exact (H p I). }
  unfold rational_loss, loss. simpl. rewrite !Qred_correct, !total_sum.
  assert (W : forall l, sum (map (fun pair => squared_distance rationals (outputs point (fst pair)) (snd pair)) l) +
    2 * sum (map (fun pair => pairing (difference (outputs other (fst pair)) (outputs point (fst pair))) (snd pair))
           (map (fun pair => (fst pair, difference (outputs point (fst pair)) (snd pair))) l))
    <= sum (map (fun pair => squared_distance rationals (outputs other (fst pair)) (snd pair)) l)).
  { induction l as [| [x y] l IH]; [apply Qle_refl |]. simpl in *.
    pose proof (squared_distance_bound _ _ y (length_of_outputs point other x E)). lra. }
  specialize (W (combine samples targets)). fold R in W. rewrite Z in W.
  assert (M : forall net : network_over_Q,
    map (fun pair => squared_distance rationals (evaluate rationals apply_rational greatest_rational net (map (fun q => q) (fst pair)))
      (snd pair)) (combine samples targets) =
    map (fun pair => squared_distance rationals (outputs net (fst pair)) (snd pair)) (combine samples targets)).
  { intro net. apply map_ext. intro pair. rewrite map_id. reflexivity. }
  rewrite !M. lra.
Qed.

(** Along each direction the derivative is a number d other than 0: for small s the loss changes by d s, up to C s^2. *)
Definition has_slopes (point : network_over_Q) (samples targets directions : list (list Q)) : Prop :=
  Forall (fun direction => exists d radius C, ~ d == 0 /\ 0 < radius /\ forall s, Qabs s <= radius ->
    Qabs (rational_loss (rational_moved point [direction] [s]) samples targets - rational_loss point samples targets - d * s)
      <= C * (s * s)) directions.

(** The test: a part of degree 1 that is not 0. *)
Definition slope_test (point : network_over_Q) (samples targets : list (list Q)) (direction : list Q) (radius : Q) : bool :=
  negb (Qle_bool radius 0) &&
  match loss_on_box point samples targets [direction] radius with
  | Some p =>
      Qeq_bool (constant_part p) (rational_loss point samples targets) &&
      let d := coefficient [O] p in let q := poly_add (other_part p) [([O], Qred (- d))] in
      negb (Qeq_bool d 0) && no_constant q && no_linear_part q
  | None => false
  end.

Theorem slopes_on_box point samples targets directions (tries : nat) :
  forallb (fun direction => existsb (slope_test point samples targets direction) (radii tries 1)) directions = true ->
  has_slopes point samples targets directions.
Proof.
  intro A. apply Forall_forall. intros direction D. rewrite forallb_forall in A. apply A in D. apply existsb_exists in D. destruct D as (radius & _ & H). unfold slope_test in H.
  apply andb_prop in H. destruct H as [R H].
  assert (P : 0 < radius).
  { apply negb_true_iff in R. apply Qnot_le_lt. intro W. apply Qle_bool_iff in W. congruence. }
  destruct (loss_on_box _ _ _ _ _) as [p |] eqn:Hp; [| discriminate H]. cbv zeta in H.
  set (d := coefficient [O] p) in H. set (q := poly_add (other_part p) _) in H.
  apply andb_prop in H. destruct H as [C H]. apply andb_prop in H. destruct H as [H N]. apply andb_prop in H. destruct H as [NZ M].
  apply Qeq_bool_iff in C. assert (P' : 0 <= radius) by lra.
  destruct (higher_bound radius q P' M N) as (B & _ & Hb).
  exists d, radius, B. split; [intro Z; apply Qeq_bool_iff in Z; rewrite Z in NZ; discriminate NZ |].
  split; [exact P |]. intros s S.
  assert (I : in_box radius [s]) by (constructor; [exact S | constructor]).
  rewrite (loss_on_box_correct point samples targets [direction] radius p [s] P' eq_refl I Hp), <- C, value_parts.
  assert (E : constant_part p + value [s] (other_part p) - constant_part p - d * s == value [s] q).
  { unfold q. rewrite value_add. simpl. rewrite Qred_correct. ring. }
  rewrite E. apply Hb. exact S.
Qed.
